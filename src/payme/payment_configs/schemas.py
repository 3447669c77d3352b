"""What payment configs takes and shows. Secrets come in and never go out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from payme.http.fields import In, Out
from payme.payment_configs.models import ConfigChange, ConfigDraft, OpenedConfig
from payme.payment_configs.types import SECRET_MAX, Environment, SecretField, ShortcodeKind

# Copied from a portal's page with a mouse: white space around them belongs to the page.
Secret = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=SECRET_MAX, pattern=r"^[!-~]+$"),
]
Number = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{5,7}$"), Field(examples=["600123"])]
Initiator = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[!-~]+$")]
PullNumber = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^254[17][0-9]{8}$"),
    Field(description="The nominated number of pull transactions, as Safaricom has it."),
]
Password = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    Field(repr=False, description="Your own password again, because this decides where money goes."),
]


class PasswordIn(In):
    """One's own password again."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"password": "sukari mchele unga"}]}
    )

    password: Password


class PaymentConfigIn(PasswordIn):
    """A paybill or till with the credentials of its Daraja app."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "environment": "simulator",
                    "kind": "paybill",
                    "shortcode": "600123",
                    "consumer_key": "simulator",
                    "consumer_secret": "simulator",
                    "passkey": "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919",
                    "password": "sukari mchele unga",
                }
            ]
        },
    )

    environment: Environment
    kind: ShortcodeKind
    shortcode: Number = Field(description="The paybill; for a till its store or head office number.")
    till_number: Number | None = Field(default=None, description="Of a till: what customers type.")
    consumer_key: Secret = Field(repr=False)
    consumer_secret: Secret = Field(repr=False)
    passkey: Secret = Field(repr=False)
    initiator_name: Initiator | None = None
    initiator_credential: Secret | None = Field(
        default=None, repr=False, description="Safaricom's encrypted security credential."
    )
    pull_number: PullNumber | None = None

    def to_draft(self) -> ConfigDraft:
        """Return the draft."""
        return ConfigDraft(
            environment=self.environment,
            kind=self.kind,
            shortcode=self.shortcode,
            till_number=self.till_number,
            initiator_name=self.initiator_name,
            pull_number=self.pull_number,
            secrets=_typed(self.consumer_key, self.consumer_secret, self.passkey, self.initiator_credential),
        )


class PaymentConfigChangeIn(PasswordIn):
    """What shall be different; what is left out stays. Another number is another payment config."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"passkey": "another-passkey", "password": "sukari mchele unga"}]},
    )

    consumer_key: Secret | None = Field(default=None, repr=False)
    consumer_secret: Secret | None = Field(default=None, repr=False)
    passkey: Secret | None = Field(default=None, repr=False)
    initiator_name: Initiator | None = Field(default=None, description="null takes the initiator away.")
    initiator_credential: Secret | None = Field(default=None, repr=False)
    pull_number: PullNumber | None = Field(default=None, description="null takes the number away.")

    def to_change(self) -> ConfigChange:
        """Return the change."""
        given = self.model_fields_set
        return ConfigChange(
            secrets=_typed(self.consumer_key, self.consumer_secret, self.passkey, self.initiator_credential),
            initiator_name=self.initiator_name,
            pull_number=self.pull_number,
            pull_number_given="pull_number" in given,
            without_initiator="initiator_name" in given and self.initiator_name is None,
        )


def _typed(
    key: str | None, secret: str | None, passkey: str | None, credential: str | None
) -> Mapping[SecretField, str]:
    typed = {
        SecretField.CONSUMER_KEY: key,
        SecretField.CONSUMER_SECRET: secret,
        SecretField.PASSKEY: passkey,
        SecretField.INITIATOR_CREDENTIAL: credential,
    }
    return {name: plain for name, plain in typed.items() if plain is not None}


class MaskedOut(Out):
    """A secret that is kept."""

    ends_with: str = Field(description="Its last four characters; empty where it is too short to show any.")


class PaymentConfigOut(Out):
    """A paybill or till. Its secrets are shown by their ends, to compare them with Safaricom's portal."""

    id: UUID
    environment: Environment
    kind: ShortcodeKind
    shortcode: str
    till_number: str | None
    active: bool = Field(description="Whether customers are asked through it.")
    initiator_name: str | None
    pull_number: str | None
    secrets: dict[str, MaskedOut] | None = Field(
        description="Those that are kept, by name; null where this server's keys do not open them."
    )
    created_at: datetime
    updated_at: datetime
    deactivated_at: datetime | None

    @classmethod
    def of(cls, opened: OpenedConfig) -> Self:
        """Show a payment config."""
        config = opened.config
        return cls(
            id=config.id,
            environment=config.environment,
            kind=config.kind,
            shortcode=config.shortcode,
            till_number=config.till_number,
            active=config.active,
            initiator_name=config.initiator_name,
            pull_number=config.pull_number,
            secrets=opened.ends and {name.value: MaskedOut(ends_with=end) for name, end in opened.ends.items()},
            created_at=config.created_at,
            updated_at=config.updated_at,
            deactivated_at=config.deactivated_at,
        )
