"""Bugs, planted one at a time where the product is careful: each is what somebody could have written.

Each changes as little of the product as it can, for one seed. The world it is planted in is handed over, because a few
need to get round a second line of defence (row level security) that would hide the first line's loss.
"""

from tests.simulation.bugs import goods, ground, hands, money, news
from tests.simulation.simulation import Bug

_PLANTED: tuple[Bug, ...] = (
    ground.no_lock,
    ground.stale_read_before_lock,
    ground.no_deduplication_of_requests,
    ground.look_up_without_claim,
    ground.split_transaction,
    ground.wallet_without_business,
    ground.sale_without_business,
    ground.audit_forgotten,
    ground.audit_after_commit,
    money.no_deduplication_of_callbacks,
    money.acknowledge_before_apply,
    money.trust_the_amount,
    money.trust_the_path,
    money.push_twice,
    money.late_money_is_refused,
    money.late_tokens_are_refused,
    money.receipt_not_claimed,
    money.second_attempt_not_looked_for,
    money.weaker_evidence_counts,
    money.query_taken_for_a_receipt,
    money.nobody_is_told,
    money.overpayment_counted_as_sale,
    money.unallocated_money_forgotten,
    money.cash_not_given_back,
    goods.refund_twice,
    goods.cancelled_sale_revived,
    goods.goods_not_given_back,
    goods.newest_goods_first,
    goods.stock_read_before_lock,
    goods.token_charged_when_rung_up,
    goods.receipt_number_counted,
    goods.cancelled_while_it_was_paid,
    goods.change_counted_as_money,
    hands.claim_without_lock,
    hands.waiting_money_applied_twice,
    hands.confirmation_booked_twice,
    hands.typed_account_believed,
    hands.message_taken_for_money,
    hands.refund_approved_by_who_asked,
    hands.refund_paid_twice,
    hands.refund_not_set_aside,
    hands.refund_taken_from_nowhere,
    hands.payout_receipt_used_twice,
    hands.silence_taken_for_refusal,
    news.news_after_commit,
    news.news_before_commit,
    news.news_marked_before_the_answer,
    news.news_delivered_whatever_was_answered,
    news.news_tried_once,
)
_HEALED: tuple[Bug, ...] = (ground.jobs_after_commit,)
BUGS: dict[str, Bug] = {bug.__name__: bug for bug in _PLANTED}
"""By name."""
HEALED: dict[str, Bug] = {bug.__name__: bug for bug in _HEALED}
"""By name: what the product repairs by itself, so that only seeds without repairs show it."""
