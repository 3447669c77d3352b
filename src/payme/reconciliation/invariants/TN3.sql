-- With no business set, every tenant table reads empty and refuses writes.
-- scope: platform
SELECT tenant AS subject, fault AS detail
  FROM tenant_tables_open_to_nobody()
