-- A kept answer can be neither changed nor deleted, so a replay is byte-equal.
-- scope: platform
SELECT 'idempotency_records' AS subject, format('payme_app may %s', lower(privilege)) AS detail
  FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS privilege
 WHERE CASE privilege WHEN 'UPDATE' THEN has_any_column_privilege('payme_app', 'idempotency_records', privilege)
                      ELSE has_table_privilege('payme_app', 'idempotency_records', privilege) END
