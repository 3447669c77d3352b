"""The plain pages: everything from our own disk, nothing inline, readable on a small phone."""

import re

import httpx
import pytest

from payme.kit.db.transaction import Database
from tests.support.web import a_client, an_app

REAL_DARAJA = {
    "PAYME_PLATFORM_ENVIRONMENT": "production",
    "PAYME_PLATFORM_CONSUMER_KEY": "key",
    "PAYME_PLATFORM_CONSUMER_SECRET": "secret",
    "PAYME_DATABASE_URL": "postgresql://owner@db/payme",
}


async def test_the_first_page_says_what_runs_and_leads_everywhere(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    links = re.findall(r'href="([^"]+)"', page.text)
    assert {"/docs", "/problems", "/readyz", "/healthz", "/metrics", "/openapi.json"} <= set(links)
    assert "http://127.0.0.1:8001/simulator/phone" in links
    assert "no real money moves" in page.text
    assert "$" not in page.text
    for link in links:
        if link.startswith("/"):
            assert (await visitor.get(link)).status_code == 200, link


async def test_with_real_keys_there_is_no_pretended_phone(database: Database) -> None:
    async with a_client(an_app(database, REAL_DARAJA)) as visitor:
        page = (await visitor.get("/")).text

    assert "simulator" not in page
    assert "real money moves" in page
    assert "your own server" in page
    assert "owner@db" not in page


@pytest.mark.parametrize("path", ["/", "/problems", "/docs"])
async def test_pages_obey_their_own_policy(visitor: httpx.AsyncClient, path: str) -> None:
    page = await visitor.get(path, headers={"Accept": "text/html"})
    policy = page.headers["content-security-policy"]

    assert "unsafe-eval" not in policy
    assert ("script-src 'self'" in policy) == (path == "/docs")
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert not re.search(r"<script(?! src=)|\son\w+=", page.text)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page.text
    for place in re.findall(r'(?:src|rel="stylesheet" href)="([^"]+)"', page.text):
        assert place.startswith("/files/")
        file = await visitor.get(place)
        assert file.status_code == 200
        assert file.headers["content-type"].split(";")[0] in {"text/css", "text/javascript"}
        assert file.headers["cache-control"] == "max-age=3600"


async def test_the_documentation_needs_no_other_site(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/docs")).text + (await visitor.get("/files/docs.js")).text

    assert "://" not in page
    assert "/openapi.json" in page
    assert "validatorUrl: null" in page


async def test_only_the_named_files_are_served(visitor: httpx.AsyncClient) -> None:
    for path in ("/files/", "/files/../__init__.py", "/files/%2e%2e/__init__.py", "/files/index.html", "/redoc"):
        assert (await visitor.get(path)).status_code == 404
