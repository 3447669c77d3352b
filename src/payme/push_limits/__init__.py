"""Push limits: how often a phone may be asked, by whom, so that nobody can use a till to pester a stranger."""

from payme.push_limits.errors import PushLimitReached
from payme.push_limits.models import PushLimits
from payme.push_limits.services import count_push, forget_old
from payme.push_limits.types import Counted

__all__ = ["Counted", "PushLimitReached", "PushLimits", "count_push", "forget_old"]
