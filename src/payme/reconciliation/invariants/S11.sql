-- Returns are numbered from 1 to the last number given out, without a gap.
-- focus: whole
SELECT $1::uuid::text AS subject,
       format('%s returns numbered %s to %s, last number given out %s', given.returns, given.lowest, given.highest,
              coalesce(counter.last_number::text, 'none')) AS detail
  FROM (SELECT count(*) AS returns, coalesce(min(number), 1) AS lowest, coalesce(max(number), 0) AS highest
          FROM returns
         WHERE business_id = $1) AS given
  LEFT JOIN return_counters AS counter ON counter.business_id = $1
 WHERE given.lowest <> 1 OR given.highest <> given.returns OR given.highest <> coalesce(counter.last_number, 0)
