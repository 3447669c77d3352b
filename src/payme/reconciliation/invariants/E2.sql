-- What the portal paid out is taken out of M-Pesa once: by an adjusting entry or by an expense, or a difference says so.
-- focus: whole
SELECT spent.id::text AS subject,
       format('%s left under %s, and the books took out %s', line.amount, line.receipt,
              spent.amount - spent.adjusted - entered.amount) AS detail
  FROM expenses AS spent
  JOIN statement_lines AS line
    ON line.business_id = $1 AND line.receipt = spent.receipt AND line.kind = 'other' AND line.direction = 'out'
 CROSS JOIN LATERAL (SELECT sum(entry.amount) AS amount
                       FROM statement_entries AS entry
                      WHERE entry.business_id = $1 AND entry.subject_id = line.id) AS entered
 WHERE spent.business_id = $1 AND spent.paid_from = 'mpesa' AND spent.reversed_at IS NULL
   AND spent.amount - spent.adjusted - entered.amount > line.amount
   AND NOT EXISTS (SELECT FROM statement_differences AS standing
                    WHERE standing.business_id = $1 AND standing.subject_id = line.id AND standing.settled_at IS NULL)
