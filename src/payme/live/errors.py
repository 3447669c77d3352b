"""What live status refuses."""

from dataclasses import dataclass

from payme.kit.errors import TooMany


@dataclass(eq=False)
class TooManyStreams(TooMany):
    """A session, a business or the server has as many streams open as it may."""

    code = "too_many_streams"
    title = "Too many live streams are open."
    advice = "Close a page that shows the till, or read the state with GET; one stream a screen is enough."
    of: str
    limit: int
    retry_after_s: int
