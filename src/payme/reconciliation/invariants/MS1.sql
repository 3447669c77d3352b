-- Each approved adjustment of a statement had its effect, and just that; no effect is without one.
-- focus: whole
SELECT asked.id::text AS subject, format('approved, and %s did not come to %s', asked.fix, asked.amount) AS detail
  FROM statement_adjustments AS asked
  JOIN statement_differences AS difference ON difference.business_id = $1 AND difference.id = asked.difference_id
 WHERE asked.business_id = $1 AND asked.state = 'approved'
   AND CASE asked.fix
       WHEN 'book_money'
       THEN NOT EXISTS (SELECT FROM money_in AS booked
                         WHERE booked.business_id = $1 AND booked.shortcode = difference.shortcode
                           AND booked.receipt = difference.receipt AND booked.source = 'statement')
       WHEN 'book_fees'
       THEN asked.amount IS DISTINCT FROM (SELECT -sum(fee.amount) FROM mpesa_fees AS fee
                                            WHERE fee.business_id = $1 AND fee.adjustment_id = asked.id)
       ELSE asked.amount IS DISTINCT FROM (SELECT sum(entry.amount) FROM statement_entries AS entry
                                            WHERE entry.business_id = $1 AND entry.adjustment_id = asked.id)
       END
 UNION ALL
SELECT effect.adjustment_id::text, format('%s has an effect that nobody approved', effect.receipt)
  FROM (SELECT adjustment_id, receipt, 'book_fees' AS fix FROM mpesa_fees WHERE business_id = $1
         UNION ALL
        SELECT adjustment_id, receipt, 'write_entry' FROM statement_entries WHERE business_id = $1) AS effect
  LEFT JOIN statement_adjustments AS asked
    ON asked.business_id = $1 AND asked.id = effect.adjustment_id AND asked.state = 'approved' AND asked.fix = effect.fix
 WHERE asked.id IS NULL
