-- An issue stands where its history ends: looked at, closed, how bad, and whose.
-- focus: issue
WITH ends AS (
    SELECT issue_id, min(step) AS step, min(note) AS note, min(created_at) AS at, count(*) AS times
      FROM issue_history
     WHERE business_id = $1 AND step IN ('resolved', 'accepted', 'settled')
     GROUP BY issue_id
), looks AS (
    SELECT issue_id, min(actor_id::text) AS actor, min(created_at) AS at, count(*) AS times
      FROM issue_history
     WHERE business_id = $1 AND step = 'acknowledged'
     GROUP BY issue_id
), hops AS (
    -- Two may have begun at once, so their steps need not stand in order; but what was left as often as it was reached
    -- is not where it ended.
    SELECT issue_id, step, value, sum(times) AS net
      FROM (SELECT issue_id, step, after AS value, 1 AS times
              FROM issue_history WHERE business_id = $1 AND step IN ('severity', 'taken')
             UNION ALL
            SELECT issue_id, step, before, -1
              FROM issue_history WHERE business_id = $1 AND step IN ('severity', 'taken')) AS moved
     GROUP BY issue_id, step, value
), standing AS (
    SELECT id, state, severity, coalesce(owner_id::text, '') AS owner, resolution, acknowledged_at, closed_at
      FROM reconciliation_issues
     WHERE business_id = $1
)
SELECT issue.id::text AS subject,
       format('%s, and its history ends as %s', issue.state, coalesce(ends.step, 'open')) AS detail
  FROM standing AS issue
  LEFT JOIN ends ON ends.issue_id = issue.id
 WHERE ends.times > 1
    OR CASE issue.state WHEN 'resolved' THEN coalesce(ends.step, '') NOT IN ('resolved', 'settled')
                        WHEN 'accepted' THEN ends.step IS DISTINCT FROM 'accepted'
                        ELSE ends.step IS NOT NULL END
    OR (nullif(ends.note, ''), ends.at) IS DISTINCT FROM (nullif(issue.resolution, ''), issue.closed_at)
 UNION ALL
SELECT issue.id::text,
       format('acknowledged at %s, and by its history at %s', coalesce(issue.acknowledged_at::text, 'no time'),
              coalesce(looks.at::text, 'no time'))
  FROM standing AS issue
  LEFT JOIN looks ON looks.issue_id = issue.id
 WHERE looks.times > 1 OR looks.at IS DISTINCT FROM issue.acknowledged_at
 UNION ALL
SELECT issue.id::text, format('%s, which is not how bad its history made it', issue.severity)
  FROM standing AS issue
 WHERE EXISTS (SELECT FROM hops WHERE hops.issue_id = issue.id AND hops.step = 'severity')
   AND NOT EXISTS (SELECT FROM hops
                    WHERE hops.issue_id = issue.id AND hops.step = 'severity' AND hops.value = issue.severity
                      AND (hops.net = 1 OR NOT EXISTS (SELECT FROM hops AS other
                                                        WHERE other.issue_id = issue.id AND other.step = 'severity'
                                                          AND other.net <> 0)))
 UNION ALL
SELECT issue.id::text, format('owned by %s, whom its history did not give it', coalesce(nullif(issue.owner, ''), 'nobody'))
  FROM standing AS issue
  LEFT JOIN looks ON looks.issue_id = issue.id
  LEFT JOIN hops ON hops.issue_id = issue.id AND hops.step = 'taken' AND hops.value = issue.owner
 WHERE NOT CASE
           -- Whoever looks at what nobody has takes it, without a step of its own.
           WHEN issue.owner <> '' THEN coalesce(hops.net, 0) = 1
                                       OR coalesce(hops.net, 0) = 0 AND coalesce(looks.actor = issue.owner, false)
           WHEN looks.actor IS NULL THEN coalesce(hops.net, 0) = 0
           ELSE coalesce(hops.net, -1) IN (0, 1) END
