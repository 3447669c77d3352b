-- The app role and the reading role own nothing, bypass nothing, and are nobody else.
-- scope: platform
SELECT rolname::text AS subject,
       format('superuser %s, bypasses row level security %s, may make roles %s or databases %s', rolsuper, rolbypassrls,
              rolcreaterole, rolcreatedb) AS detail
  FROM pg_roles
 WHERE rolname IN ('payme_app', 'payme_read') AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)
 UNION ALL
SELECT role.rolname::text, format('owns %s', owned.oid::regclass)
  FROM pg_class AS owned
  JOIN pg_roles AS role ON role.oid = owned.relowner
 WHERE role.rolname IN ('payme_app', 'payme_read')
 UNION ALL
SELECT role.rolname::text, format('is a member of %s', member.roleid::regrole)
  FROM pg_auth_members AS member
  JOIN pg_roles AS role ON role.oid = member.member
 WHERE role.rolname IN ('payme_app', 'payme_read')
 UNION ALL
SELECT wanted, 'does not exist'
  FROM unnest(ARRAY['payme_app', 'payme_read']) AS wanted
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted)
