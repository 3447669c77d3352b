-- The lines to Daraja, one for each shortcode in each environment: shared by every process, so that all know at once.

CREATE TABLE daraja_breakers (
    base_url     text NOT NULL,
    shortcode    text NOT NULL,
    failures     smallint NOT NULL CHECK (failures >= 0),
    open_until   timestamptz,
    probe_until  timestamptz CHECK (probe_until IS NULL OR open_until IS NOT NULL),
    era          bigint NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (base_url, shortcode)
);
SELECT local_table('daraja_breakers');
GRANT SELECT, INSERT, UPDATE ON daraja_breakers TO payme_app;
GRANT SELECT ON daraja_breakers TO payme_read;

CREATE TABLE daraja_paces (
    base_url    text NOT NULL,
    shortcode   text NOT NULL,
    call        text NOT NULL CHECK (call IN ('push', 'query', 'status', 'reversal', 'pull', 'register')),
    not_before  timestamptz NOT NULL,
    PRIMARY KEY (base_url, shortcode, call)
);
SELECT local_table('daraja_paces');
GRANT SELECT, INSERT, UPDATE ON daraja_paces TO payme_app;
GRANT SELECT ON daraja_paces TO payme_read;
