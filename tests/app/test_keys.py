"""Where the keys of secrets come from, and what the doctor says about them."""

import stat
from pathlib import Path

import pytest

from payme.app.assembly import accounts_of, keys_of, make_keys
from payme.app.doctor import Finding, Level, look_at_machine
from payme.app.settings import Settings, SettingsError
from payme.kit.seams import Seams
from payme.kit.secrets import SecretKeysMissing
from payme.payment_configs import Environment
from tests.support.shops import SECRET_KEYS


def settings_in(folder: Path, **environ: str) -> Settings:
    return Settings.from_environ({"PAYME_DATA_DIR": str(folder), **environ})


OWN_SERVER = {"PAYME_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/payme"}


def said_of_keys(settings: Settings) -> Finding:
    (finding,) = (found for found in look_at_machine(settings, {}) if found.what == "Keys of secrets")
    return finding


def test_beside_a_database_of_our_own_a_key_is_made_at_the_first_need(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert "will be made" in said_of_keys(settings).found
    ring = keys_of(settings, Seams())()

    assert ring.current == "v1"
    assert keys_of(settings, Seams())().keys == ring.keys
    assert stat.S_IMODE((tmp_path / "secret-keys").stat().st_mode) == 0o600
    assert said_of_keys(settings).level is Level.OK
    (tmp_path / "secret-keys").chmod(0o644)
    assert (said_of_keys(settings).level, "chmod 600" in said_of_keys(settings).advice) == (Level.WARN, True)


def test_beside_another_database_only_payme_run_makes_one(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, **OWN_SERVER)
    with pytest.raises(SecretKeysMissing):
        keys_of(settings, Seams())()
    assert "no shop can set up" in said_of_keys(settings).found

    make_keys(settings)
    make_keys(settings)
    assert keys_of(settings, Seams())().current == "v1"


def test_keys_that_are_named_are_never_made(tmp_path: Path) -> None:
    named = settings_in(tmp_path, PAYME_SECRET_KEYS_FILE=str(tmp_path / "mounted"))
    make_keys(named)
    with pytest.raises(SecretKeysMissing):
        keys_of(named, Seams())()
    assert said_of_keys(named).level is Level.FAIL

    given = settings_in(tmp_path, PAYME_SECRET_KEYS=SECRET_KEYS)
    make_keys(given)
    assert keys_of(given, Seams())().current == "v1"
    assert list(tmp_path.iterdir()) == []
    assert SECRET_KEYS not in repr(given)
    assert SECRET_KEYS.partition(":")[2] not in repr(given)


def test_keys_in_the_environment_that_cannot_be_used_are_told_at_the_start(tmp_path: Path) -> None:
    wrong = settings_in(tmp_path, PAYME_SECRET_KEYS="v1:geheim")
    with pytest.raises(SettingsError, match="PAYME_SECRET_KEYS cannot be used: key v1 is not 32 bytes") as told:
        accounts_of(wrong, Seams())
    assert "geheim" not in str(told.value)
    assert said_of_keys(wrong).level is Level.FAIL
    with pytest.raises(SettingsError, match="both set"):
        settings_in(tmp_path, PAYME_SECRET_KEYS=SECRET_KEYS, PAYME_SECRET_KEYS_FILE="keys")


def test_the_platform_has_an_account_of_its_own_and_every_environment_one_host(tmp_path: Path) -> None:
    accounts = accounts_of(settings_in(tmp_path), Seams())
    assert (accounts.platform.shortcode, accounts.platform.base_url) == ("650880", "http://127.0.0.1:8001")
    real = {
        "PAYME_PLATFORM_ENVIRONMENT": "production",
        "PAYME_PLATFORM_CONSUMER_KEY": "canary-key",
        "PAYME_PLATFORM_CONSUMER_SECRET": "canary-secret",
    }
    sold = accounts_of(settings_in(tmp_path, **real), Seams())
    assert sold.platform.base_url == "https://api.safaricom.co.ke"
    assert Environment.SIMULATOR not in sold.strongbox.base_urls
    assert "canary" not in repr(sold)
