-- Some receipts of money, whatever has the same receipt, and what they were for.
money_in AS (
    SELECT * FROM money_in
     WHERE business_id = $1
       AND (id = ANY($3)
            OR receipt = ANY(ARRAY(SELECT receipt FROM money_in WHERE business_id = $1 AND id = ANY($3))))),
allocations AS (
    SELECT * FROM allocations WHERE business_id = $1 AND money_in_id = ANY(ARRAY(SELECT id FROM money_in) || $3)),
refunds AS (SELECT * FROM refunds WHERE business_id = $1 AND money_in_id = ANY(ARRAY(SELECT id FROM money_in) || $3))
