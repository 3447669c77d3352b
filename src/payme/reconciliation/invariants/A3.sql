-- What was written down stays: the app role can neither change nor delete audit entries or any line of a ledger.
-- scope: platform
SELECT ledger AS subject, format('payme_app may %s', lower(privilege)) AS detail
  FROM unnest(ARRAY['audit_entries', 'stock_movements', 'stock_adjustments', 'wallet_transactions', 'sale_items',
                    'sale_item_takings', 'sale_events', 'payment_events', 'money_in', 'allocations',
                    'mpesa_receipts', 'returns', 'sale_item_returns', 'money_back']) AS ledger
 CROSS JOIN unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS privilege
 WHERE CASE privilege WHEN 'UPDATE' THEN has_any_column_privilege('payme_app', ledger, privilege)
                      ELSE has_table_privilege('payme_app', ledger, privilege) END
