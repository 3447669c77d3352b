-- Some payments and callbacks with their steps, what they bought and the money they ended in.
token_purchases AS (
    SELECT * FROM token_purchases WHERE business_id = $1 AND (payment_id = ANY($3) OR id = ANY($3))),
payments AS (
    SELECT * FROM payments
     WHERE business_id = $1
       AND (id = ANY(ARRAY(SELECT payment_id FROM token_purchases) || $3) OR money_in_id = ANY($3))),
wallet_transactions AS (
    SELECT * FROM wallet_transactions
     WHERE business_id = $1 AND purchase_id = ANY(ARRAY(SELECT id FROM token_purchases))),
money_in AS (
    SELECT * FROM money_in
     WHERE business_id = $1
       AND (id = ANY(ARRAY(SELECT money_in_id FROM payments) || $3) OR callback_id = ANY($3))),
payment_events AS (
    SELECT * FROM payment_events
     WHERE business_id = $1 AND (payment_id = ANY(ARRAY(SELECT id FROM payments) || $3) OR callback_id = ANY($3))),
refund_events AS (
    SELECT * FROM refund_events WHERE business_id = $1 AND (refund_id = ANY($3) OR callback_id = ANY($3))),
callbacks AS (
    SELECT * FROM callbacks
     WHERE id = ANY(ARRAY(SELECT callback_id FROM payment_events) || ARRAY(SELECT callback_id FROM money_in)
                    || ARRAY(SELECT callback_id FROM refund_events) || $3))
