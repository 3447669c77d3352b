"""One fault for each way in which the books of money and people may break."""

from tests.reconciliation.planting import fault

FAULTS_OF_MONEY = (
    fault(
        "a payment fell down the ladder and rose again",
        "P1",
        """INSERT INTO payment_events (business_id, id, payment_id, from_state, to_state, evidence, created_at)
           SELECT business_id, gen_random_uuid(), payment_id, 'succeeded', 'succeeded', 'query', created_at
             FROM payment_events WHERE business_id = $1 AND to_state = 'succeeded' AND evidence = 'callback' LIMIT 1
        RETURNING payment_id""",
    ),
    fault(
        "a step of a payment is missing",
        "P1",
        "DELETE FROM payment_events WHERE business_id = $1 AND to_state = 'submitting' RETURNING payment_id",
    ),
    fault(
        "a payment was moved without a step",
        "P1",
        "UPDATE payments SET state = 'failed' WHERE business_id = $1 AND state = 'submitted' RETURNING id",
    ),
    fault(
        "money has no purpose",
        "P2",
        "DELETE FROM allocations WHERE business_id = $1 AND purpose = 'overpayment' RETURNING money_in_id",
    ),
    fault(
        "a purpose was taken back that was never given",
        "P2",
        """INSERT INTO allocations (business_id, id, money_in_id, purpose, amount, created_at)
           SELECT business_id, gen_random_uuid(), money_in_id, 'overpayment', amount, created_at
             FROM allocations WHERE business_id = $1 AND purpose = 'overpayment';
           INSERT INTO allocations (business_id, id, money_in_id, purpose, amount, created_at)
           SELECT DISTINCT ON (money_in_id) business_id, gen_random_uuid(), money_in_id, 'unallocated', -amount,
                  created_at
             FROM allocations WHERE business_id = $1 AND purpose = 'overpayment'
        RETURNING money_in_id""",
        "A1",
    ),
    fault(
        "a receipt was never claimed",
        "P3",
        "DELETE FROM mpesa_receipts WHERE business_id = $1 RETURNING (SELECT id FROM money_in WHERE business_id = $1"
        " AND receipt = mpesa_receipts.receipt)",
    ),
    fault(
        "a receipt is another shop's",
        "P3",
        "UPDATE mpesa_receipts SET business_id = gen_random_uuid() WHERE business_id = $1"
        " RETURNING (SELECT id FROM money_in WHERE business_id = $1 AND receipt = mpesa_receipts.receipt)",
    ),
    fault(
        "one receipt is booked twice",
        "P3",
        """UPDATE mpesa_receipts SET receipt = receipt || 'X' WHERE business_id = $1;
           UPDATE money_in SET receipt = (SELECT min(receipt) FROM money_in
                                           WHERE business_id = $1 AND source = 'callback')
            WHERE business_id = $1
        RETURNING id""",
        "P10",
        "MS1",
        "MS3",
    ),
    fault(
        "a payment succeeded without money",
        "P4",
        """DELETE FROM money_in WHERE business_id = $1 AND source = 'callback'
        RETURNING (SELECT id FROM payments WHERE business_id = $1 AND money_in_id = money_in.id)""",
    ),
    fault(
        "a prompt counts as paid by another amount",
        "P11",
        "UPDATE payments SET amount = amount - 1 WHERE business_id = $1 AND money_in_id IS NOT NULL RETURNING id",
        "A1",
    ),
    fault(
        "two payments name one receipt",
        "P4",
        """UPDATE payments SET money_in_id = (SELECT id FROM money_in WHERE business_id = $1 AND source = 'callback'
                                             ORDER BY id LIMIT 1)
            WHERE business_id = $1 AND money_in_id IS NOT NULL
        RETURNING id""",
        "P11",
    ),
    fault(
        "a claim was confirmed by the money of another receipt",
        "P10",
        """UPDATE receipt_claims SET money_in_id = (SELECT id FROM money_in WHERE business_id = $1
                                                     AND source = 'callback' ORDER BY id LIMIT 1)
            WHERE business_id = $1 AND state = 'confirmed'
        RETURNING id""",
    ),
    fault(
        "a claim counts as confirmed without money",
        "P10",
        "UPDATE receipt_claims SET state = 'confirmed' WHERE business_id = $1 AND state = 'unverified' RETURNING id",
        "A1",
    ),
    fault(
        "one receipt is claimed twice",
        "P10",
        """UPDATE receipt_claims SET receipt = (SELECT receipt FROM receipt_claims WHERE business_id = $1
                                                 AND state = 'confirmed')
            WHERE business_id = $1 AND state = 'unverified';
           SELECT id FROM receipt_claims WHERE business_id = $1""",
    ),
    fault(
        "nobody asks after a claim",
        "P10",
        """UPDATE audit_entries SET at = at - interval '25 hours' WHERE business_id = $1
              AND action IN ('receipt_claimed', 'claim_confirmed');
           UPDATE receipt_claims SET created_at = created_at - interval '25 hours',
                  updated_at = updated_at - interval '25 hours' WHERE business_id = $1;
           SELECT id FROM receipt_claims WHERE business_id = $1 AND state = 'unverified'""",
    ),
    fault(
        "cash is booked as M-Pesa money",
        "P4",
        """INSERT INTO money_in (business_id, id, shortcode, receipt, amount, paid_at, source, created_at)
           SELECT business_id, id, '174379', 'CASH' || left(id::text, 8), 10, created_at, 'statement', created_at
             FROM payments WHERE business_id = $1 AND method = 'cash' ORDER BY id LIMIT 1;
           UPDATE payments SET money_in_id = id
            WHERE business_id = $1 AND id IN (SELECT id FROM money_in WHERE business_id = $1 AND source = 'statement')
        RETURNING id""",
        "A1",
        "P2",
        "P3",
        "MS3",
    ),
    fault(
        "a passkey is changed past the audit",
        "A1",
        """UPDATE payment_configs SET passkey = decode(repeat('00', 40), 'hex') WHERE business_id = $1 RETURNING id""",
    ),
    fault(
        "another payment config collects, and nobody says so",
        "A1",
        """DELETE FROM payment_numbers WHERE business_id = $1;
           UPDATE payment_configs SET deactivated_at = now() WHERE business_id = $1 RETURNING id""",
    ),
    fault(
        "the paybill is not found by its number",
        "P9",
        "DELETE FROM payment_numbers WHERE business_id = $1 RETURNING payment_config_id",
    ),
    fault(
        "a number leads to a config that is not active",
        "P9",
        """INSERT INTO payment_numbers (environment, number, business_id, payment_config_id, created_at)
           SELECT environment, '99999', business_id, id, now() FROM payment_configs WHERE business_id = $1
        RETURNING payment_config_id""",
    ),
    fault(
        "more is given back than came",
        "R1",
        "UPDATE refunds SET amount = amount + 1 WHERE business_id = $1 AND state = 'paid' RETURNING money_in_id",
        "R2",
        "A1",
        "DR2",
    ),
    fault(
        "one payout stands for two refunds",
        "R1",
        """INSERT INTO refunds (business_id, id, money_in_id, shortcode, amount, reason, state, requested_by,
                                created_at, updated_at)
           SELECT business_id, gen_random_uuid(), money_in_id, shortcode, amount, reason, 'withdrawn', requested_by,
                  created_at, updated_at
             FROM refunds WHERE business_id = $1;
           UPDATE refunds SET method = 'mpesa', payout_receipt = 'UKM4JS31RB' WHERE business_id = $1 RETURNING id""",
        "A1",
        "DR2",
    ),
    fault(
        "a refund ended and its money is still set aside",
        "R2",
        """UPDATE refunds SET state = 'withdrawn', paid_at = NULL WHERE business_id = $1 AND state = 'paid'
        RETURNING money_in_id""",
        "DR2",
    ),
    fault(
        "nobody asks after a reversal",
        "R3",
        """UPDATE refunds SET state = 'unknown', paid_at = NULL, updated_at = updated_at - interval '2 hours'
            WHERE business_id = $1 AND state = 'paid' RETURNING id""",
        "DR2",
    ),
    fault(
        "one person asked for a refund and agreed to it",
        "R4",
        "UPDATE refunds SET decided_by = requested_by WHERE business_id = $1 RETURNING id",
    ),
    fault(
        "a customer is asked twice at once",
        "P5",
        """INSERT INTO payments (business_id, id, purpose, sale_id, method, state, amount, phone, shortcode,
                                 account_reference, deadline_at, request_id, created_at, updated_at)
           SELECT business_id, gen_random_uuid(), purpose, sale_id, method, 'created', amount, phone, shortcode,
                  'ANOTHER', deadline_at, request_id, created_at, updated_at
             FROM payments WHERE business_id = $1 AND state = 'submitted'
        RETURNING sale_id""",
        "A1",
        "P1",
    ),
    fault(
        "a customer is asked for cents",
        "P6",
        """UPDATE audit_entries SET facts = facts || '{"amount": "33.50"}' WHERE business_id = $1
              AND action = 'payment_requested'
              AND subject_id = (SELECT id FROM payments WHERE business_id = $1 AND state = 'submitted');
           UPDATE payments SET amount = 33.5 WHERE business_id = $1 AND state = 'submitted' RETURNING id""",
    ),
    fault(
        "M-Pesa brought cents",
        "P6",
        "UPDATE money_in SET amount = amount + 0.5 WHERE business_id = $1 RETURNING id",
        "A1",
        "P11",
        "P2",
        "MS3",
    ),
    fault(
        "a callback counts as applied without an effect",
        "CB1",
        "UPDATE callbacks SET state = 'applied' WHERE business_id = $1 AND state = 'quarantined' RETURNING id",
    ),
    fault(
        "a duplicate had an effect",
        "CB2",
        """UPDATE callbacks SET state = 'duplicate'
            WHERE business_id = $1 AND state = 'applied' AND EXISTS (SELECT FROM payment_events AS step
                    WHERE step.business_id = $1 AND step.callback_id = callbacks.id AND step.to_state = 'failed')
        RETURNING payment_id""",
    ),
    fault(
        "one key made two things",
        "I1",
        """INSERT INTO idempotency_records (business_id, key, fingerprint, status, body, created_at)
           SELECT business_id, 'the-same-key', decode(repeat('00', 32), 'hex'), 201, place::text, created_at
             FROM businesses, generate_series(1, 2) AS place WHERE business_id = $1
        RETURNING business_id""",
    ),
    fault(
        "a role was changed in silence",
        "A1",
        "UPDATE members SET role = 'owner' WHERE business_id = $1 AND role = 'cashier' RETURNING id",
    ),
    fault(
        "a member was removed in silence",
        "A1",
        "UPDATE members SET removed_at = updated_at WHERE business_id = $1 AND role = 'cashier' RETURNING id",
    ),
    fault(
        "an entry was made in another transaction",
        "A1",
        """UPDATE audit_entries SET at = at + interval '1 second' WHERE business_id = $1 AND action = 'stock_taken'
        RETURNING subject_id""",
    ),
    fault(
        "an entry names another amount",
        "A1",
        """UPDATE audit_entries SET facts = facts || '{"amount": "1"}' WHERE business_id = $1
              AND action = 'money_received' RETURNING subject_id""",
    ),
    fault(
        "an entry tells of another balance of tokens",
        "A4",
        """UPDATE audit_entries SET facts = facts || '{"balance_before": 99}' WHERE business_id = $1
              AND action = 'token_charged' RETURNING business_id""",
    ),
    fault(
        "an entry tells of goods that never came",
        "A4",
        """UPDATE audit_entries SET facts = jsonb_set(facts, '{batches,0,quantity}', '"7.000"') WHERE business_id = $1
              AND action = 'stock_received' RETURNING (facts -> 'batches' -> 0 ->> 'batch_id')""",
    ),
    fault(
        "an entry tells of money that never came",
        "A4",
        """UPDATE audit_entries SET facts = facts || '{"before": "-1"}' WHERE business_id = $1
              AND action = 'sale_paid' RETURNING subject_id""",
    ),
)
