-- What is kept of an ended day is what its sales, their cash and its returns say, and the cost of its goods is what is
-- kept of its products.
-- focus: nightly
-- Added up from the documents, not by the view that the days are kept from.
SELECT $1::text AS subject,
       format('%s: %s is kept, and the sales and returns say %s', coalesce(kept.day, counted.day), kept, counted) AS detail
  FROM (SELECT day, sales, revenue, cost, cash, on_account, returns, returned, returned_cost, returned_cash,
               returned_on_account
          FROM day_sales
         WHERE business_id = $1) AS kept
  FULL JOIN (SELECT day, sum(sales)::integer AS sales, sum(revenue) AS revenue, sum(cost) AS cost, sum(cash) AS cash,
                    sum(on_account) AS on_account, sum(returns)::integer AS returns, sum(returned) AS returned,
                    sum(returned_cost) AS returned_cost, sum(returned_cash) AS returned_cash,
                    sum(returned_on_account) AS returned_on_account
               FROM (SELECT completed_on AS day, count(*) AS sales, sum(total) AS revenue, 0::numeric AS cost,
                            0::numeric AS cash, sum(on_account) AS on_account, 0::bigint AS returns,
                            0::numeric AS returned, 0::numeric AS returned_cost, 0::numeric AS returned_cash,
                            0::numeric AS returned_on_account
                       FROM sales
                      WHERE business_id = $1 AND completed_on IS NOT NULL AND state <> 'voided'
                      GROUP BY completed_on
                      UNION ALL
                     SELECT sale.completed_on, 0, 0, 0, sum(payment.amount), 0, 0, 0, 0, 0, 0
                       FROM payments AS payment
                       JOIN sales AS sale ON sale.business_id = $1 AND sale.id = payment.sale_id
                      WHERE payment.business_id = $1 AND payment.method = 'cash' AND sale.completed_on IS NOT NULL
                        AND sale.state <> 'voided'
                      GROUP BY sale.completed_on
                      UNION ALL
                     SELECT day, 0, 0, sum(cost), 0, 0, 0, 0, sum(returned_cost), 0, 0
                       FROM day_products
                      WHERE business_id = $1
                      GROUP BY day
                      UNION ALL
                     SELECT business_day, 0, 0, 0, 0, 0, count(*), sum(total), 0, 0, 0
                       FROM returns
                      WHERE business_id = $1
                      GROUP BY business_day
                      UNION ALL
                     SELECT document.business_day, 0, 0, 0, 0, 0, 0, 0, 0,
                            coalesce(sum(back.amount) FILTER (WHERE back.way = 'cash'), 0),
                            coalesce(sum(back.amount) FILTER (WHERE back.way IN ('debt', 'customer_credit')), 0)
                       FROM money_back AS back
                       JOIN returns AS document ON document.business_id = $1 AND document.id = back.return_id
                      WHERE back.business_id = $1
                      GROUP BY document.business_day) AS event
              WHERE day <= (SELECT kept_until FROM report_marks WHERE business_id = $1)
              GROUP BY day) AS counted
    ON counted.day = kept.day
 WHERE kept IS DISTINCT FROM counted
