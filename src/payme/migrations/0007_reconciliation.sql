-- One disagreement, open until somebody resolves it.

CREATE TABLE reconciliation_issues (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    kind         text NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    state        text NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved', 'accepted')),
    subject_id   uuid NOT NULL,
    facts        jsonb NOT NULL,
    resolution   text NOT NULL DEFAULT '' CHECK (length(resolution) <= 500),
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id)
);
SELECT tenant_table('reconciliation_issues');
CREATE UNIQUE INDEX reconciliation_issues_one_open ON reconciliation_issues (business_id, kind, subject_id)
    WHERE state IN ('open', 'acknowledged');
CREATE INDEX reconciliation_issues_newest_first ON reconciliation_issues (business_id, created_at DESC, id DESC);
GRANT SELECT, INSERT ON reconciliation_issues TO payme_app;
GRANT UPDATE (state, resolution, updated_at) ON reconciliation_issues TO payme_app;
