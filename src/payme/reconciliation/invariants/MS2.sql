-- Each fee that is booked is what its line of the statement says that M-PESA took.
-- focus: whole
SELECT fee.id::text AS subject, format('booked %s of %s', fee.amount, fee.receipt) AS detail
  FROM mpesa_fees AS fee
  LEFT JOIN statement_lines AS line
    ON line.business_id = $1 AND line.id = fee.statement_line_id AND line.kind = 'fee'
       AND line.shortcode = fee.shortcode AND line.receipt = fee.receipt AND line.completed_at = fee.at
       AND fee.amount = CASE line.direction WHEN 'out' THEN line.amount ELSE -line.amount END
 WHERE fee.business_id = $1 AND line.id IS NULL
