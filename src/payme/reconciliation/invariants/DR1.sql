-- What a drawer should hold is the sum of what it counted, by tender and by reason, and each has all three tenders.
-- focus: drawer
WITH counted AS (
    SELECT drawer_id, tender,
           coalesce(sum(amount) FILTER (WHERE kind = 'float'), 0) AS opening_float,
           coalesce(sum(amount) FILTER (WHERE kind = 'sale'), 0) AS sold,
           coalesce(sum(amount) FILTER (WHERE kind = 'repayment'), 0) AS repaid,
           coalesce(sum(amount) FILTER (WHERE kind = 'cash_in'), 0) AS cash_in,
           coalesce(sum(amount) FILTER (WHERE kind = 'cash_out'), 0) AS cash_out,
           coalesce(sum(amount) FILTER (WHERE kind = 'cancelled'), 0) AS cancelled,
           coalesce(sum(amount) FILTER (WHERE kind = 'returned'), 0) AS returned,
           coalesce(sum(amount) FILTER (WHERE kind = 'refunded'), 0) AS refunded,
           count(*) FILTER (WHERE kind = 'sale') AS takings
      FROM drawer_movements
     WHERE business_id = $1 AND NOT after_closing
     GROUP BY drawer_id, tender
), drawer AS (
    SELECT drawer.id, drawer.opening_float, tender.name AS tender
      FROM drawers AS drawer
     CROSS JOIN (VALUES ('cash'), ('mpesa'), ('account')) AS tender (name)
     WHERE drawer.business_id = $1
)
SELECT drawer.id::text AS subject,
       format('%s: the totals say %s, what was counted says %s', drawer.tender,
              coalesce(concat_ws(' ', total.opening_float, total.sold, total.repaid, total.cash_in, total.cash_out,
                                 total.cancelled, total.returned, total.refunded, total.takings), 'nothing'),
              concat_ws(' ', counted.opening_float, counted.sold, counted.repaid, counted.cash_in, counted.cash_out,
                        counted.cancelled, counted.returned, counted.refunded, counted.takings)) AS detail
  FROM drawer
  LEFT JOIN drawer_totals AS total
    ON total.business_id = $1 AND total.drawer_id = drawer.id AND total.tender = drawer.tender
  LEFT JOIN counted ON counted.drawer_id = drawer.id AND counted.tender = drawer.tender
 WHERE (total.opening_float, total.sold, total.repaid, total.cash_in, total.cash_out, total.cancelled, total.returned,
        total.refunded, total.takings)
       IS DISTINCT FROM
       (coalesce(counted.opening_float, 0), coalesce(counted.sold, 0), coalesce(counted.repaid, 0),
        coalesce(counted.cash_in, 0), coalesce(counted.cash_out, 0), coalesce(counted.cancelled, 0),
        coalesce(counted.returned, 0), coalesce(counted.refunded, 0), coalesce(counted.takings, 0))
    OR (drawer.tender = 'cash' AND total.opening_float <> drawer.opening_float)
