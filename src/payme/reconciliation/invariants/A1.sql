-- Every change of money, tokens, stock, debt, role and credential has its audit entry, made in the same transaction.
-- focus: entry
WITH needed AS (
    SELECT id AS subject_id, 'sale_opened' AS action, created_at AS at, '' AS fact
      FROM sales WHERE business_id = $1
     UNION ALL
    SELECT sale_id, CASE to_state WHEN 'partly_returned' THEN 'sale_returned' ELSE 'sale_' || to_state END, created_at,
           ''
      FROM sale_events WHERE business_id = $1 AND from_state IS NOT NULL
     UNION ALL
    SELECT id, CASE method WHEN 'cash' THEN 'cash_taken' ELSE 'payment_requested' END, created_at, amount::text
      FROM payments WHERE business_id = $1
     UNION ALL
    SELECT sale_id, 'cash_returned', returned_at, ''
      FROM payments WHERE business_id = $1 AND returned_at IS NOT NULL
     UNION ALL
    SELECT payment_id, 'payment_moved', created_at, to_state
      FROM payment_events WHERE business_id = $1 AND from_state IS NOT NULL
     UNION ALL
    SELECT id, 'money_received', created_at, amount::text
      FROM money_in WHERE business_id = $1
     UNION ALL
    SELECT money_in_id, 'money_allocated', created_at, purpose || ' ' || amount
      FROM allocations WHERE business_id = $1
     UNION ALL
    SELECT id, 'receipt_claimed', created_at, amount::text
      FROM receipt_claims WHERE business_id = $1
     UNION ALL
    SELECT id, CASE state WHEN 'confirmed' THEN 'claim_confirmed' ELSE 'claim_denied' END, updated_at, ''
      FROM receipt_claims WHERE business_id = $1 AND state <> 'unverified'
     UNION ALL
    SELECT id, 'refund_requested', created_at, amount::text
      FROM refunds WHERE business_id = $1
     UNION ALL
    SELECT id, 'goods_returned', created_at, total::text
      FROM returns WHERE business_id = $1
     UNION ALL
    SELECT id, 'void_requested', created_at, total::text
      FROM voids WHERE business_id = $1
     UNION ALL
    SELECT id, 'void_moved', updated_at, state
      FROM voids WHERE business_id = $1 AND state <> 'requested'
     UNION ALL
    SELECT refund_id, 'refund_moved', created_at, to_state
      FROM refund_events WHERE business_id = $1 AND from_state IS NOT NULL
     UNION ALL
    SELECT coalesce(sale_id, purchase_id, business_id),
           CASE type WHEN 'grant' THEN 'tokens_granted' WHEN 'purchase' THEN 'tokens_purchased'
                     WHEN 'reserve' THEN 'token_reserved' WHEN 'charge' THEN 'token_charged'
                     ELSE 'token_refunded' END,
           created_at, balance_after::text
      FROM wallet_transactions WHERE business_id = $1
     UNION ALL
    SELECT id, 'tokens_ordered', created_at, tokens::text
      FROM token_purchases WHERE business_id = $1
     UNION ALL
    SELECT id, 'credit_account_opened', created_at, ''
      FROM credit_accounts WHERE business_id = $1
     UNION ALL
    SELECT id, 'write_off_requested', created_at, ''
      FROM credit_write_offs WHERE business_id = $1
     UNION ALL
    SELECT id, 'write_off_moved', updated_at, state
      FROM credit_write_offs WHERE business_id = $1 AND state <> 'requested'
     UNION ALL
    SELECT id, 'adjustment_requested', created_at, ''
      FROM statement_adjustments WHERE business_id = $1
     UNION ALL
    SELECT id, 'adjustment_moved', updated_at, state
      FROM statement_adjustments WHERE business_id = $1 AND state <> 'requested'
     UNION ALL
    SELECT adjustment_id, 'fees_booked', created_at, sum(amount)::text
      FROM mpesa_fees WHERE business_id = $1 GROUP BY adjustment_id, created_at
     UNION ALL
    SELECT adjustment_id, 'entry_written', created_at, amount::text
      FROM statement_entries WHERE business_id = $1
     UNION ALL
    SELECT id, 'expense_recorded', created_at, concat(amount, ' ', adjusted)
      FROM expenses WHERE business_id = $1
     UNION ALL
    SELECT id, 'expense_reversed', reversed_at, amount::text
      FROM expenses WHERE business_id = $1 AND reversed_at IS NOT NULL
     UNION ALL
    SELECT id, 'statement_imported', updated_at, new_lines::text
      FROM statement_imports WHERE business_id = $1 AND state = 'done'
     UNION ALL
    SELECT account_id, 'credit_moved', created_at, concat(kind, ' ', due_after, ' ', credit_after)
      FROM credit_ledger WHERE business_id = $1
     UNION ALL
    SELECT delivery_id, 'stock_received', created_at, ''
      FROM stock_batches WHERE business_id = $1
     UNION ALL
    SELECT source_id, CASE WHEN kind = 'sale' THEN 'stock_taken' WHEN kind IN ('count', 'spoilage') THEN 'stock_adjusted'
                           ELSE 'stock_given_back' END, created_at, count(*)::text
      FROM stock_movements WHERE business_id = $1 GROUP BY source_id, kind, created_at
     UNION ALL
    SELECT id, 'drawer_opened', opened_at, opening_float::text
      FROM drawers WHERE business_id = $1
     UNION ALL
    SELECT id, 'drawer_counted', counted_at, ''
      FROM drawers WHERE business_id = $1 AND counted_at IS NOT NULL
     UNION ALL
    SELECT drawer_id, 'cash_moved', created_at, concat(kind, ' ', amount)
      FROM drawer_movements WHERE business_id = $1 AND kind IN ('cash_in', 'cash_out')
     UNION ALL
    SELECT drawer_id, 'money_after_closing', created_at, concat(kind, ' ', amount)
      FROM drawer_movements WHERE business_id = $1 AND after_closing
     UNION ALL
    SELECT drawer_id, 'money_counted', created_at, concat(kind, ' ', amount)
      FROM drawer_movements
     WHERE business_id = $1 AND NOT after_closing AND source_id IS NOT NULL
       AND NOT (tender = 'cash' AND kind IN ('sale', 'repayment'))  -- cash_taken names the drawer
     UNION ALL
    SELECT coalesce(drawer_id, id), CASE WHEN drawer_id IS NULL THEN 'day_reported' ELSE 'drawer_closed' END,
           created_at, number::text
      FROM z_reports WHERE business_id = $1
     UNION ALL
    SELECT id, 'member_invited', created_at, ''
      FROM invitations WHERE business_id = $1
     UNION ALL
    SELECT id, 'invitation_withdrawn', revoked_at, ''
      FROM invitations WHERE business_id = $1 AND revoked_at IS NOT NULL
     UNION ALL
    SELECT id, 'member_joined', created_at, ''
      FROM members
     WHERE business_id = $1
       -- The first owner came with the business itself.
       AND NOT EXISTS (SELECT FROM audit_entries AS opened
                        WHERE opened.business_id = $1 AND opened.subject_id = $1 AND opened.action = 'business_opened'
                          AND opened.facts ->> 'owner_user_id' = members.user_id::text AND opened.at = members.created_at)
     UNION ALL
    SELECT id, 'member_removed', removed_at, ''
      FROM members WHERE business_id = $1 AND removed_at IS NOT NULL
), entries AS (
    SELECT subject_id, action, at,
           -- What every sale has stands first: an entry is compared with the actions one after the other.
           CASE WHEN action IN ('sale_opened', 'sale_completed') THEN ''
                WHEN action IN ('token_reserved', 'token_charged', 'token_refunded', 'tokens_granted',
                                'tokens_purchased') THEN facts ->> 'balance_after'
                WHEN action IN ('stock_taken', 'stock_given_back', 'stock_adjusted')
                THEN jsonb_array_length(facts -> 'changes')::text
                WHEN action IN ('cash_taken', 'payment_requested', 'money_received', 'receipt_claimed',
                                'refund_requested', 'goods_returned', 'void_requested', 'fees_booked',
                                'entry_written', 'expense_reversed')
                THEN (facts ->> 'amount')::numeric(12, 2)::text
                WHEN action IN ('payment_moved', 'refund_moved', 'void_moved', 'write_off_moved',
                                'adjustment_moved') THEN facts ->> 'after'
                WHEN action = 'money_allocated' THEN concat(facts ->> 'purpose', ' ', (facts ->> 'amount')::numeric(12, 2))
                WHEN action = 'credit_moved'
                THEN concat(facts ->> 'kind', ' ', (facts ->> 'due_after')::numeric(12, 2), ' ',
                            (facts ->> 'credit_after')::numeric(12, 2))
                WHEN action = 'expense_recorded'
                THEN concat((facts ->> 'amount')::numeric(12, 2), ' ', (facts ->> 'adjusted')::numeric(12, 2))
                WHEN action = 'tokens_ordered' THEN facts ->> 'tokens'
                WHEN action = 'statement_imported' THEN facts ->> 'new_lines'
                WHEN action = 'drawer_opened' THEN (facts ->> 'opening_float')::numeric(12, 2)::text
                WHEN action IN ('cash_moved', 'money_counted', 'money_after_closing')
                THEN concat(facts ->> 'kind', ' ', (facts ->> 'amount')::numeric(12, 2))
                WHEN action IN ('drawer_closed', 'day_reported') THEN facts ->> 'z_number'
                ELSE '' END AS fact
      FROM audit_entries
     WHERE business_id = $1 AND action <> 'sale_paid'  -- which is one in eight, and A4 adds it up
    OFFSET 0  -- so that each fact is worked out once, and what is joined is that and not all facts
)
SELECT needed.subject_id::text AS subject,
       rtrim(format('no entry %s %s', needed.action, needed.fact)) AS detail
  FROM needed
 WHERE NOT EXISTS (SELECT FROM entries
                    WHERE entries.subject_id = needed.subject_id AND entries.action = needed.action
                      AND entries.at = needed.at
                      AND NOT entries.fact <> needed.fact)  -- is equal, but costs no hash of every fact
 UNION ALL
SELECT member.id::text, format('role %s, where the audit says %s', member.role, said.role)
  FROM members AS member
 CROSS JOIN LATERAL (SELECT coalesce(entry.facts ->> 'role_after', entry.facts ->> 'role') AS role
                       FROM audit_entries AS entry
                      WHERE entry.business_id = $1 AND entry.subject_id = member.id
                        AND entry.action IN ('member_joined', 'role_changed')
                      ORDER BY entry.sequence DESC
                      LIMIT 1) AS said
 WHERE member.business_id = $1 AND member.role <> said.role
 UNION ALL
SELECT config.id::text, 'the payment config is not what its last audit entry says'
  FROM payment_configs AS config
  LEFT JOIN LATERAL (SELECT entry.facts -> 'after' AS after
                       FROM audit_entries AS entry
                      WHERE entry.business_id = $1 AND entry.subject_id = config.id
                        AND entry.action LIKE 'payment_config_%'
                      ORDER BY entry.sequence DESC
                      LIMIT 1) AS said ON true
 WHERE config.business_id = $1
   AND said.after IS DISTINCT FROM jsonb_build_object(
           'environment', config.environment, 'kind', config.kind, 'shortcode', config.shortcode,
           'till_number', config.till_number, 'initiator_name', config.initiator_name,
           'pull_number', config.pull_number, 'active', config.deactivated_at IS NULL,
           'key_version', config.key_version,
           'sealed_sha256', encode(sha256(config.consumer_key || config.consumer_secret || config.passkey
                                          || coalesce(config.initiator_credential, ''::bytea)), 'hex'))
 UNION ALL
SELECT account.id::text, 'the credit account is not agreed as its last audit entry says'
  FROM credit_accounts AS account
  LEFT JOIN LATERAL (SELECT coalesce(entry.facts -> 'after', entry.facts) AS agreed
                       FROM audit_entries AS entry
                      WHERE entry.business_id = $1 AND entry.subject_id = account.id
                        AND entry.action IN ('credit_account_opened', 'credit_account_changed')
                      ORDER BY entry.sequence DESC
                      LIMIT 1) AS said ON true
 WHERE account.business_id = $1 AND account.merged_into IS NULL
   AND ((said.agreed ->> 'credit_limit')::numeric IS DISTINCT FROM account.credit_limit
        OR (said.agreed ->> 'terms_days')::integer IS DISTINCT FROM account.terms_days
        OR coalesce(said.agreed ->> 'state', 'active') <> account.state)
