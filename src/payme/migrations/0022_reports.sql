-- What a shop did, by its days: counted from the books, and for days that ended long ago kept added up.

-- Views count from the books; the tables below keep what they say of ended days. The days of a report are the kept ones
-- as far as report_marks says, and counted ones from there on, so it is the same however far the keeping is.
-- A sale counts on the day on which it was completed, a return on its own day; a sale is voided on its day, if at all,
-- and counts on none. The cost of goods is rounded to the cent once, for each line of a sale and each product of a
-- return, so that days, products and cashiers add up to the same figures.

-- What was paid is cash, put on the customer's account, or else came by M-Pesa; and so it goes back.
CREATE VIEW counted_days WITH (security_invoker = true) AS
SELECT business_id, day, sum(sales)::integer AS sales, sum(revenue) AS revenue, sum(cost) AS cost, sum(cash) AS cash,
       sum(on_account) AS on_account, sum(returns)::integer AS returns, sum(returned) AS returned,
       sum(returned_cost) AS returned_cost, sum(returned_cash) AS returned_cash,
       sum(returned_on_account) AS returned_on_account
  FROM (SELECT sale.business_id, sale.completed_on AS day, 1 AS sales, sale.total AS revenue, goods.cost,
               cash.amount AS cash, sale.on_account, 0 AS returns, 0::numeric AS returned,
               0::numeric AS returned_cost, 0::numeric AS returned_cash, 0::numeric AS returned_on_account
          FROM sales AS sale
         CROSS JOIN LATERAL (SELECT coalesce(sum(payment.amount), 0) AS amount
                               FROM payments AS payment
                              WHERE payment.business_id = sale.business_id AND payment.sale_id = sale.id
                                AND payment.method = 'cash') AS cash
         CROSS JOIN LATERAL (SELECT coalesce(sum(line.cost), 0) AS cost
                               FROM (SELECT round(sum(part.quantity * part.unit_cost), 2) AS cost
                                       FROM sale_item_takings AS part
                                      WHERE part.business_id = sale.business_id AND part.sale_id = sale.id
                                      GROUP BY part.sale_item_id) AS line) AS goods
         WHERE sale.completed_on IS NOT NULL AND sale.state <> 'voided'
         UNION ALL
        SELECT document.business_id, document.business_day, 0, 0, 0, 0, 0, 1, document.total, goods.cost, back.cash,
               back.on_account
          FROM returns AS document
         CROSS JOIN LATERAL (SELECT coalesce(sum(product.cost), 0) AS cost
                               FROM (SELECT round(sum(moved.quantity * moved.unit_cost), 2) AS cost
                                       FROM stock_movements AS moved
                                      WHERE moved.business_id = document.business_id
                                        AND moved.source_id = document.id AND moved.kind = 'sale_returned'
                                      GROUP BY moved.product_id) AS product) AS goods
         CROSS JOIN LATERAL (SELECT coalesce(sum(part.amount) FILTER (WHERE part.way = 'cash'), 0) AS cash,
                                    coalesce(sum(part.amount) FILTER (WHERE part.way IN ('debt', 'customer_credit')), 0)
                                    AS on_account
                               FROM money_back AS part
                              WHERE part.business_id = document.business_id AND part.return_id = document.id) AS back
       ) AS event
 GROUP BY business_id, day;
GRANT SELECT ON counted_days TO payme_app, payme_read;

CREATE VIEW counted_products WITH (security_invoker = true) AS
SELECT business_id, day, product_id, sum(quantity) AS quantity, sum(revenue) AS revenue, sum(cost) AS cost,
       sum(returned_quantity) AS returned_quantity, sum(returned) AS returned, sum(returned_cost) AS returned_cost
  FROM (SELECT sale.business_id, sale.completed_on AS day, item.product_id, item.quantity, item.line_total AS revenue,
               goods.cost, 0::numeric AS returned_quantity, 0::numeric AS returned, 0::numeric AS returned_cost
          FROM sales AS sale
          JOIN sale_items AS item ON item.business_id = sale.business_id AND item.sale_id = sale.id
         CROSS JOIN LATERAL (SELECT coalesce(round(sum(part.quantity * part.unit_cost), 2), 0) AS cost
                               FROM sale_item_takings AS part
                              WHERE part.business_id = item.business_id AND part.sale_item_id = item.id) AS goods
         WHERE sale.completed_on IS NOT NULL AND sale.state <> 'voided'
         UNION ALL
        SELECT document.business_id, document.business_day, item.product_id, 0, 0, 0, line.quantity, line.amount, 0
          FROM returns AS document
          JOIN sale_item_returns AS line
            ON line.business_id = document.business_id AND line.return_id = document.id
          JOIN sale_items AS item ON item.business_id = line.business_id AND item.id = line.sale_item_id
         UNION ALL
        SELECT document.business_id, document.business_day, goods.product_id, 0, 0, 0, 0, 0, goods.cost
          FROM returns AS document
         CROSS JOIN LATERAL (SELECT moved.product_id, round(sum(moved.quantity * moved.unit_cost), 2) AS cost
                               FROM stock_movements AS moved
                              WHERE moved.business_id = document.business_id AND moved.source_id = document.id
                                AND moved.kind = 'sale_returned'
                              GROUP BY moved.product_id) AS goods) AS event
 GROUP BY business_id, day, product_id;
GRANT SELECT ON counted_products TO payme_app, payme_read;

-- Whoever rang a sale up, and whoever took goods back; what no person did is under the id of nobody, all zeros.
CREATE VIEW counted_cashiers WITH (security_invoker = true) AS
SELECT business_id, day, user_id, sum(sales)::integer AS sales, sum(revenue) AS revenue,
       sum(returns)::integer AS returns, sum(returned) AS returned
  FROM (SELECT sale.business_id, sale.completed_on AS day,
               coalesce(sale.opened_by, '00000000-0000-0000-0000-000000000000') AS user_id, 1 AS sales,
               sale.total AS revenue, 0 AS returns, 0::numeric AS returned
          FROM sales AS sale
         WHERE sale.completed_on IS NOT NULL AND sale.state <> 'voided'
         UNION ALL
        SELECT document.business_id, document.business_day, document.returned_by, 0, 0, 1, document.total
          FROM returns AS document) AS event
 GROUP BY business_id, day, user_id;
GRANT SELECT ON counted_cashiers TO payme_app, payme_read;

-- Up to which day the days of a business are kept, and up to which entry of its wallet its tokens are.
CREATE TABLE report_marks (
    business_id     uuid PRIMARY KEY REFERENCES businesses (business_id),
    kept_until      date NOT NULL,
    kept_sequence   bigint NOT NULL CHECK (kept_sequence >= 0),
    updated_at      timestamptz NOT NULL
);
SELECT tenant_table('report_marks');
GRANT SELECT, INSERT, UPDATE ON report_marks TO payme_app;

CREATE TABLE day_sales (
    business_id          uuid NOT NULL REFERENCES businesses (business_id),
    day                  date NOT NULL,
    sales                integer NOT NULL,
    revenue              numeric(16,2) NOT NULL,
    cost                 numeric(16,2) NOT NULL,
    cash                 numeric(16,2) NOT NULL,
    on_account           numeric(16,2) NOT NULL,
    returns              integer NOT NULL,
    returned             numeric(16,2) NOT NULL,
    returned_cost        numeric(16,2) NOT NULL,
    returned_cash        numeric(16,2) NOT NULL,
    returned_on_account  numeric(16,2) NOT NULL,
    PRIMARY KEY (business_id, day)
);
SELECT tenant_table('day_sales');
GRANT SELECT, INSERT, DELETE ON day_sales TO payme_app;

CREATE TABLE day_products (
    business_id        uuid NOT NULL REFERENCES businesses (business_id),
    day                date NOT NULL,
    product_id         uuid NOT NULL,
    quantity           numeric(16,3) NOT NULL,
    revenue            numeric(16,2) NOT NULL,
    cost               numeric(16,2) NOT NULL,
    returned_quantity  numeric(16,3) NOT NULL,
    returned           numeric(16,2) NOT NULL,
    returned_cost      numeric(16,2) NOT NULL,
    PRIMARY KEY (business_id, day, product_id),
    FOREIGN KEY (business_id, product_id) REFERENCES products (business_id, id)
);
SELECT tenant_table('day_products');
GRANT SELECT, INSERT, DELETE ON day_products TO payme_app;

CREATE TABLE day_cashiers (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    day          date NOT NULL,
    user_id      uuid NOT NULL,
    sales        integer NOT NULL,
    revenue      numeric(16,2) NOT NULL,
    returns      integer NOT NULL,
    returned     numeric(16,2) NOT NULL,
    PRIMARY KEY (business_id, day, user_id)
);
SELECT tenant_table('day_cashiers');
GRANT SELECT, INSERT, DELETE ON day_cashiers TO payme_app;

-- Tokens by the day of their entries, of the entries up to report_marks.kept_sequence.
CREATE TABLE day_tokens (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    day          date NOT NULL,
    granted      bigint NOT NULL,
    bought       bigint NOT NULL,
    reserved     bigint NOT NULL,
    charged      bigint NOT NULL,
    refunded     bigint NOT NULL,
    owed         bigint NOT NULL,
    PRIMARY KEY (business_id, day)
);
SELECT tenant_table('day_tokens');
GRANT SELECT, INSERT, UPDATE ON day_tokens TO payme_app;
