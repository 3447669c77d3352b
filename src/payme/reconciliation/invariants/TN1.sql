-- Every tenant table has row level security on and forced, with the one policy of the house for reads and for writes.
-- scope: platform
SELECT tenant.relname::text AS subject,
       format('security %s, forced %s, policies %s', tenant.relrowsecurity, tenant.relforcerowsecurity,
              coalesce(policies.names, 'none')) AS detail
  FROM pg_class AS tenant
  LEFT JOIN (SELECT polrelid, string_agg(polname, ', ' ORDER BY polname) AS names,
                    count(*) = 1 AND bool_and(
                        polpermissive AND polcmd = '*' AND polroles = '{0}'
                        AND pg_get_expr(polqual, polrelid) = pg_get_expr(polwithcheck, polrelid)
                        AND pg_get_expr(polqual, polrelid)
                            = '(business_id = (NULLIF(current_setting(''payme.business_id''::text, true), ''''::text))::uuid)'
                    ) AS is_sound
               FROM pg_policy
              GROUP BY polrelid) AS policies ON policies.polrelid = tenant.oid
 WHERE tenant.relnamespace = current_schema()::text::regnamespace AND tenant.relkind IN ('r', 'p')
   AND (obj_description(tenant.oid, 'pg_class') = 'tenant'
        -- A table with a business that is nobody's by declaration is taken for a tenant table.
        OR (coalesce(obj_description(tenant.oid, 'pg_class'), '') NOT IN ('local', 'reference')
            AND EXISTS (SELECT FROM pg_attribute AS field
                         WHERE field.attrelid = tenant.oid AND field.attname = 'business_id')))
   AND NOT (tenant.relrowsecurity AND tenant.relforcerowsecurity AND coalesce(policies.is_sound, false))
