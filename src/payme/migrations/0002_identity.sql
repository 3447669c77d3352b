-- People, their sessions, and their role in each business. Books name people by value, so that deleting a person
-- never deletes a book.

CREATE TABLE users (
    id             uuid PRIMARY KEY,
    email          text NOT NULL UNIQUE CHECK (email = lower(email) AND email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    password_hash  text NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL
);
SELECT local_table('users');
GRANT SELECT, INSERT, UPDATE, DELETE ON users TO payme_app;

CREATE TABLE sessions (
    id          uuid PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash  bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    device      text NOT NULL DEFAULT '',
    address     text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL CHECK (expires_at > created_at),
    revoked_at  timestamptz
);
SELECT local_table('sessions');
CREATE INDEX ON sessions (user_id) WHERE revoked_at IS NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO payme_app;

CREATE TABLE members (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    user_id      uuid NOT NULL,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    role         text NOT NULL CHECK (role IN ('owner', 'manager', 'cashier')),
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    removed_at   timestamptz,
    PRIMARY KEY (business_id, id)
);
SELECT tenant_table('members');
CREATE UNIQUE INDEX members_one_per_user ON members (business_id, user_id) WHERE removed_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON members TO payme_app;

-- Which businesses a person may open; the role itself stands in members.
CREATE TABLE user_businesses (
    user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    business_id  uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (user_id, business_id)
);
SELECT local_table('user_businesses');
GRANT SELECT, INSERT, DELETE ON user_businesses TO payme_app;

CREATE TABLE invitations (
    business_id  uuid NOT NULL REFERENCES businesses (business_id),
    id           uuid NOT NULL,
    role         text NOT NULL CHECK (role IN ('owner', 'manager', 'cashier')),
    invited_by   uuid NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at),
    accepted_at  timestamptz,
    accepted_by  uuid,
    revoked_at   timestamptz,
    PRIMARY KEY (business_id, id),
    CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
    CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);
SELECT tenant_table('invitations');
GRANT SELECT, INSERT, UPDATE ON invitations TO payme_app;

-- The secret of an invitation's link is unique in the world and kept only as its SHA-256.
CREATE TABLE invitation_links (
    token_hash     bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    business_id    uuid NOT NULL,
    invitation_id  uuid NOT NULL
);
SELECT local_table('invitation_links');
GRANT SELECT, INSERT, DELETE ON invitation_links TO payme_app;
