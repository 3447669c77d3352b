-- A counted drawer says what should have been there and what was, its notes and coins add up to the cash, and once it
-- is closed its report says the same.
-- focus: drawer
SELECT drawer.id::text AS subject,
       format('%s: %s, %s expected, %s at the count, %s found', drawer.state, total.tender, total.expected,
              coalesce(total.closing::text, 'nothing'), coalesce(total.counted::text, 'nothing')) AS detail
  FROM drawers AS drawer
  JOIN drawer_totals AS total ON total.business_id = $1 AND total.drawer_id = drawer.id
 WHERE drawer.business_id = $1
   AND CASE drawer.state WHEN 'open' THEN total.closing IS NOT NULL OR total.counted IS NOT NULL
                         ELSE total.closing IS DISTINCT FROM total.expected OR total.counted IS NULL END
 UNION ALL
SELECT drawer.id::text, format('%s cash found, where notes and coins are %s', total.counted, cash.found)
  FROM drawers AS drawer
  JOIN drawer_totals AS total
    ON total.business_id = $1 AND total.drawer_id = drawer.id AND total.tender = 'cash'
 CROSS JOIN LATERAL (SELECT coalesce(sum(one.denomination * one.pieces), 0) AS found
                       FROM unnest(drawer.denominations, drawer.pieces) AS one (denomination, pieces)) AS cash
 WHERE drawer.business_id = $1 AND drawer.state <> 'open' AND total.counted <> cash.found
 UNION ALL
SELECT drawer.id::text, format('closed as number %s, and its report is %s', drawer.z_number,
                               coalesce(report.number::text, 'missing'))
  FROM drawers AS drawer
  LEFT JOIN z_reports AS report ON report.business_id = $1 AND report.drawer_id = drawer.id
 WHERE drawer.business_id = $1 AND drawer.z_number IS DISTINCT FROM report.number
 UNION ALL
SELECT report.drawer_id::text, format('report %s: %s is %s, and its drawer''s %s', report.number, total.tender,
                                      coalesce(line.expected::text, 'missing'), total.expected)
  FROM z_reports AS report
  JOIN drawer_totals AS total ON total.business_id = $1 AND total.drawer_id = report.drawer_id
  LEFT JOIN z_report_lines AS line
    ON line.business_id = $1 AND line.report_id = report.id AND line.tender = total.tender
 WHERE report.business_id = $1
   AND (line.opening_float, line.sold, line.repaid, line.cash_in, line.cash_out, line.cancelled, line.returned,
        line.refunded, line.takings, line.counted)
       IS DISTINCT FROM
       (total.opening_float, total.sold, total.repaid, total.cash_in, total.cash_out, total.cancelled, total.returned,
        total.refunded, total.takings, total.counted)
