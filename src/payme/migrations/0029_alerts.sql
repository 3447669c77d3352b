-- What was done with issues, and who is told of them.

-- Append-only; an issue ends once.
CREATE TABLE issue_history (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    issue_id     uuid NOT NULL,
    step         text NOT NULL
                 CHECK (step IN ('acknowledged', 'taken', 'severity', 'noted', 'resolved', 'accepted', 'settled')),
    actor_id     uuid,
    actor        text NOT NULL CHECK (length(actor) <= 80),
    note         text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    before       text NOT NULL DEFAULT '' CHECK (length(before) <= 40),
    after        text NOT NULL DEFAULT '' CHECK (length(after) <= 40),
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    FOREIGN KEY (business_id, issue_id) REFERENCES reconciliation_issues (business_id, id)
);
SELECT tenant_table('issue_history');
CREATE UNIQUE INDEX issue_history_one_end ON issue_history (business_id, issue_id)
    WHERE step IN ('resolved', 'accepted', 'settled');
CREATE INDEX issue_history_of_issue ON issue_history (business_id, issue_id, created_at DESC, id DESC);
GRANT SELECT, INSERT ON issue_history TO payme_app;

-- Which businesses have ever had an issue, so that the worker need not visit all.
CREATE TABLE issue_businesses (
    business_id  uuid PRIMARY KEY,
    created_at   timestamptz NOT NULL
);
SELECT local_table('issue_businesses');
GRANT SELECT, INSERT ON issue_businesses TO payme_app;

-- Who is told of which issues. No address means the owners' own.
CREATE TABLE alert_settings (
    business_id     uuid PRIMARY KEY REFERENCES businesses (business_id),
    email_at_least  text CHECK (email_at_least IN ('critical', 'high', 'medium', 'low')),
    emails          text[] NOT NULL CHECK (cardinality(emails) <= 5),
    sms_at_least    text CHECK (sms_at_least IN ('critical', 'high', 'medium', 'low')),
    phones          text[] NOT NULL CHECK (cardinality(phones) <= 5),
    sms_at_night    boolean NOT NULL,
    an_hour         smallint NOT NULL CHECK (an_hour BETWEEN 1 AND 60),
    updated_at      timestamptz NOT NULL,
    CHECK (sms_at_least IS NULL OR cardinality(phones) > 0)
);
SELECT tenant_table('alert_settings');
GRANT SELECT, INSERT, UPDATE ON alert_settings TO payme_app;

-- The outbox: an alert is written in the transaction that marks its issues as told. Until it is taken it may grow.
CREATE TABLE alerts (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    channel      text NOT NULL CHECK (channel IN ('email', 'sms')),
    word         text NOT NULL CHECK (word IN ('opened', 'escalated')),
    kind         text NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    severity     text NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low')),
    state        text NOT NULL CHECK (state IN ('waiting', 'sent', 'handed_over', 'failed', 'withdrawn')),
    issues       integer NOT NULL CHECK (issues >= 1),
    tries        smallint NOT NULL CHECK (tries >= 0),
    due_at       timestamptz NOT NULL,
    left_at      timestamptz,
    ended_at     timestamptz,
    note         text NOT NULL DEFAULT '' CHECK (length(note) <= 200),
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (business_id, id),
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CHECK (state NOT IN ('sent', 'handed_over') OR left_at IS NOT NULL)
);
SELECT tenant_table('alerts');
CREATE UNIQUE INDEX alerts_one_grows ON alerts (business_id, channel, word, kind) WHERE state = 'waiting' AND tries = 0;
CREATE INDEX alerts_due ON alerts (business_id, due_at, id) WHERE state = 'waiting';
CREATE INDEX alerts_left ON alerts (business_id, left_at) WHERE left_at IS NOT NULL;
CREATE INDEX alerts_failed ON alerts (business_id, ended_at) WHERE state = 'failed';
CREATE INDEX alerts_newest_first ON alerts (business_id, created_at DESC, id DESC);
GRANT SELECT, INSERT ON alerts TO payme_app;
GRANT UPDATE (severity, state, issues, tries, due_at, left_at, ended_at, note) ON alerts TO payme_app;

-- Which alert tells of which issue: one for each issue, channel and word.
CREATE TABLE alert_issues (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    channel      text NOT NULL,
    word         text NOT NULL,
    issue_id     uuid NOT NULL,
    alert_id     uuid NOT NULL,
    PRIMARY KEY (business_id, channel, word, issue_id),
    FOREIGN KEY (business_id, issue_id) REFERENCES reconciliation_issues (business_id, id),
    FOREIGN KEY (business_id, alert_id) REFERENCES alerts (business_id, id)
);
SELECT tenant_table('alert_issues');
CREATE INDEX alert_issues_of_alert ON alert_issues (business_id, alert_id);
GRANT SELECT, INSERT ON alert_issues TO payme_app;

-- Who still works: the worker says so twice a minute, a backup when it is done.
CREATE TABLE platform_beats (
    part     text PRIMARY KEY CHECK (length(part) BETWEEN 1 AND 40),
    beat_at  timestamptz NOT NULL
);
SELECT local_table('platform_beats');
GRANT SELECT, INSERT, UPDATE ON platform_beats TO payme_app;

-- What is wrong with the whole server, of which its operator is told, again every day until it is over.
CREATE TABLE platform_alerts (
    what        text PRIMARY KEY CHECK (length(what) BETWEEN 1 AND 60),
    id          uuid NOT NULL,
    detail      text NOT NULL CHECK (length(detail) <= 500),
    state       text NOT NULL CHECK (state IN ('waiting', 'told', 'over')),
    tries       smallint NOT NULL CHECK (tries >= 0),
    due_at      timestamptz NOT NULL,
    since       timestamptz NOT NULL,
    note        text NOT NULL DEFAULT '' CHECK (length(note) <= 200),
    updated_at  timestamptz NOT NULL
);
SELECT local_table('platform_alerts');
GRANT SELECT, INSERT, UPDATE ON platform_alerts TO payme_app;
