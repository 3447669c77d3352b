"""A mail server that keeps what it is given, and can be told to be difficult."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """What came in, and what is answered at which word; ``hang up`` closes the connection instead."""

    port: int = 0
    got: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    trouble: dict[str, str] = field(default_factory=dict)
    offers: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None

    @property
    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.got]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipients: list[str] = []
        answer = self.trouble.get("CONNECT", "220 ready")
        while answer != "hang up":
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()
            line = (await reader.readline()).decode(errors="replace").strip()  # whoever wants TLS says no words
            if not line:
                break
            word = line.split()[0].upper()
            self.said.append(word)
            answer = self.trouble.get(word, "250 fine")
            if word == "EHLO" and "EHLO" not in self.trouble:
                answer = _hello(self.offers)
            elif word == "RCPT":
                recipients.append(line.partition("<")[2].partition(">")[0])
            elif word == "DATA" and "DATA" not in self.trouble:
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                mail = message_from_bytes(body[:-5].replace(b"\r\n..", b"\r\n."), policy=policy.default)
                assert isinstance(mail, EmailMessage)
                self.got.append(mail)
                self.recipients.append(recipients)
                answer = self.trouble.get(".", "250 taken")
            elif word == "STARTTLS" and self.tls is not None:
                writer.write(b"220 go ahead\r\n")
                await writer.start_tls(self.tls)
                await reader.readline()
                answer = _hello(("AUTH PLAIN",))
            elif word == "AUTH":
                answer = self.trouble.get("AUTH", "235 it is you")
            elif word == "QUIT":
                answer = "221 bye"
        writer.close()


def _hello(offers: tuple[str, ...]) -> str:
    return "\r\n".join(["250-hello", *(f"250-{one}" for one in offers), "250 HELP"])


@asynccontextmanager
async def receiving_mail(
    tls: ssl.SSLContext | None = None, *, from_the_first_byte: bool = False
) -> AsyncIterator[MailServer]:
    server = MailServer(tls=tls, offers=("AUTH PLAIN",) if from_the_first_byte else ("STARTTLS",) if tls else ())
    first = tls if from_the_first_byte else None
    listener = await asyncio.start_server(server.talk, "127.0.0.1", 0, ssl=first)
    server.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield server
