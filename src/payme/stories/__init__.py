"""Stories: what happened to one sale, or to one receipt of money, in order and in the shop's words."""

from payme.stories.errors import NothingToTell
from payme.stories.models import Story, StoryLine
from payme.stories.services import tell

__all__ = ["NothingToTell", "Story", "StoryLine", "tell"]
