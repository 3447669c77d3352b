-- Where Safaricom tells of money that customers pay by hand (C2B), for each payment config that wants to be told.

CREATE TABLE confirmation_registrations (
    business_id               uuid NOT NULL REFERENCES businesses (business_id),
    payment_config_id         uuid NOT NULL,
    shortcode                 text NOT NULL,
    till_number               text,
    rejects_unknown_accounts  boolean NOT NULL,
    state                     text NOT NULL CHECK (state IN ('requested', 'registered', 'refused')),
    said                      text NOT NULL DEFAULT '' CHECK (length(said) <= 500),
    created_at                timestamptz NOT NULL,
    updated_at                timestamptz NOT NULL,
    PRIMARY KEY (business_id, payment_config_id)
);
SELECT tenant_table('confirmation_registrations');
GRANT SELECT, INSERT ON confirmation_registrations TO payme_app;
GRANT UPDATE (shortcode, till_number, rejects_unknown_accounts, state, said, updated_at) ON confirmation_registrations TO payme_app;
