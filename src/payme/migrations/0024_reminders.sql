-- Whether a shop reminds its customers of what they owe. Who was reminded of what stands in sms_messages.

CREATE TABLE reminder_settings (
    business_id    uuid PRIMARY KEY REFERENCES businesses (business_id),
    enabled        boolean NOT NULL,
    due_soon_days  smallint NOT NULL CHECK (due_soon_days BETWEEN 0 AND 14),
    updated_at     timestamptz NOT NULL
);
SELECT tenant_table('reminder_settings');
GRANT SELECT, INSERT, UPDATE ON reminder_settings TO payme_app;
