-- What an expense says that the statement had taken out of M-Pesa already, adjusting entries of its receipt took.
-- focus: whole
SELECT spent.id::text AS subject,
       format('%s of %s is said to be adjusted, and entries took %s', spent.adjusted, spent.receipt,
              coalesce(taken.amount, 0)) AS detail
  FROM expenses AS spent
  LEFT JOIN LATERAL (SELECT -sum(entry.amount) AS amount
                       FROM statement_lines AS line
                       JOIN statement_entries AS entry ON entry.business_id = $1 AND entry.subject_id = line.id
                      WHERE line.business_id = $1 AND line.receipt = spent.receipt AND line.kind = 'other'
                        AND line.direction = 'out') AS taken ON true
 WHERE spent.business_id = $1 AND spent.adjusted > greatest(taken.amount, 0)
