-- What Daraja is still asked about a payment; a row stays, without a next visit, where the end is known or a day is over.

CREATE TABLE inquiries (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    payment_id   uuid NOT NULL,
    visits       integer NOT NULL CHECK (visits >= 0),
    next_at      timestamptz,
    answer_code  text,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, payment_id),
    FOREIGN KEY (business_id, payment_id) REFERENCES payments (business_id, id)
);
SELECT tenant_table('inquiries');
CREATE INDEX inquiries_due ON inquiries (business_id, next_at) WHERE next_at IS NOT NULL;
GRANT SELECT, INSERT ON inquiries TO payme_app;
GRANT UPDATE (visits, next_at, answer_code, updated_at) ON inquiries TO payme_app;
