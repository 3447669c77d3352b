"""Defaults of settings that depend on other variables of the environment."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

SAFARICOM_SOURCES = (
    "196.201.214.200,196.201.214.206,196.201.214.207,196.201.214.208,196.201.213.114,196.201.213.44,"
    "196.201.212.127,196.201.212.129,196.201.212.136,196.201.212.138,196.201.212.69,196.201.212.74"
)
"""The addresses that are most often named; Safaricom publishes no list, so this is one sign and no proof."""
DARAJA_URLS = {
    "sandbox": "https://sandbox.safaricom.co.ke",
    "production": "https://api.safaricom.co.ke",
}
_REGION = re.compile(r"s3[.-]([a-z0-9-]+)\..+\..+")


def simulator(environ: Mapping[str, str]) -> str:
    """Return where the simulator of this machine is."""
    return f"http://127.0.0.1:{environ.get('PAYME_SIMULATOR_PORT') or '8001'}"


def callback_sources(environ: Mapping[str, str]) -> str:
    """Return where M-Pesa calls from; anywhere where no money moves."""
    return SAFARICOM_SOURCES if environ.get("PAYME_PLATFORM_ENVIRONMENT", "").strip() == "production" else ""


def africastalking(environ: Mapping[str, str]) -> str:
    """Return where Africa's Talking is reached; its sandbox has an address of its own."""
    sandbox = environ.get("PAYME_AFRICASTALKING_USERNAME", "").strip() == "sandbox"
    return f"https://api.{'sandbox.' if sandbox else ''}africastalking.com"


def store_region(environ: Mapping[str, str]) -> str:
    """Return the region that an object store's address names, as those of AWS and Backblaze do."""
    host = urlsplit(environ.get("PAYME_AUDIT_STORE_URL", "").strip()).hostname or ""
    named = _REGION.fullmatch(host)
    return "us-east-1" if named is None else named[1]
