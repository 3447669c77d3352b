-- Every foreign key between tenant tables carries business_id, and every unique key of one begins with it.
-- scope: platform
SELECT reference.conrelid::regclass::text AS subject,
       format('%s does not carry business_id', reference.conname) AS detail
  FROM pg_constraint AS reference
 WHERE reference.contype = 'f' AND reference.connamespace = current_schema()::text::regnamespace
   AND obj_description(reference.confrelid, 'pg_class') = 'tenant'
   AND NOT EXISTS (SELECT
                     FROM unnest(reference.conkey, reference.confkey) AS pair (here, there)
                     JOIN pg_attribute AS ours ON ours.attrelid = reference.conrelid AND ours.attnum = pair.here
                     JOIN pg_attribute AS theirs ON theirs.attrelid = reference.confrelid AND theirs.attnum = pair.there
                    WHERE ours.attname = 'business_id' AND theirs.attname = 'business_id')
 UNION ALL
SELECT held.indrelid::regclass::text, format('%s does not begin with business_id', held.indexrelid::regclass)
  FROM pg_index AS held
  JOIN pg_class AS tenant ON tenant.oid = held.indrelid
  LEFT JOIN pg_attribute AS first ON first.attrelid = held.indrelid AND first.attnum = held.indkey[0]
 WHERE (held.indisunique OR held.indisexclusion)
   AND tenant.relnamespace = current_schema()::text::regnamespace
   AND obj_description(held.indrelid, 'pg_class') = 'tenant'
   AND first.attname IS DISTINCT FROM 'business_id'
