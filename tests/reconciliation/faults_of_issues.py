"""Faults of issues: somebody edits where one stands, or what was done with it, and the two say different things."""

from tests.reconciliation.planting import fault

FAULTS_OF_ISSUES = (
    fault(
        "an issue that nobody worked on is closed by hand",
        "IS1",
        """UPDATE reconciliation_issues SET state = 'resolved', resolution = 'nothing to see', closed_at = now()
            WHERE business_id = $1 AND state = 'open' RETURNING id""",
    ),
    fault(
        "what a person resolved is said to be lived with",
        "IS1",
        """UPDATE reconciliation_issues SET state = 'accepted'
            WHERE business_id = $1 AND state = 'resolved' AND closed_by IS NOT NULL RETURNING id""",
    ),
    fault(
        "a closed issue stands open again",
        "IS1",
        """UPDATE reconciliation_issues SET state = 'open', acknowledged_at = NULL, closed_at = NULL, resolution = ''
            WHERE business_id = $1 AND state = 'accepted' RETURNING id""",
    ),
    fault(
        "the reason of an end is another",
        "IS1",
        """UPDATE reconciliation_issues SET resolution = 'the clerk did it'
            WHERE business_id = $1 AND state = 'resolved' RETURNING id""",
    ),
    fault(
        "an issue was closed earlier than its history says",
        "IS1",
        """UPDATE reconciliation_issues SET closed_at = closed_at - interval '1 day'
            WHERE business_id = $1 AND closed_at IS NOT NULL RETURNING id""",
    ),
    fault(
        "the end is taken out of a history",
        "IS1",
        "DELETE FROM issue_history WHERE business_id = $1 AND step = 'settled' RETURNING issue_id",
    ),
    fault(
        "an issue ends twice",
        "IS1",
        """INSERT INTO issue_history (business_id, id, issue_id, step, actor, note, created_at)
           SELECT business_id, gen_random_uuid(), issue_id, 'settled', 'nobody', note, created_at FROM issue_history
            WHERE business_id = $1 AND step = 'resolved' RETURNING issue_id""",
    ),
    fault(
        "nobody looked at what is said to be looked at",
        "IS1",
        """UPDATE reconciliation_issues SET state = 'acknowledged', acknowledged_at = now()
            WHERE business_id = $1 AND state = 'open' RETURNING id""",
    ),
    fault(
        "an issue is less bad than people made it",
        "IS1",
        """UPDATE reconciliation_issues SET severity = 'high'
            WHERE business_id = $1 AND severity = 'critical' AND id IN (
                  SELECT issue_id FROM issue_history WHERE business_id = $1 AND step = 'severity') RETURNING id""",
    ),
    fault(
        "an issue is somebody's to whom nobody gave it",
        "IS1",
        """UPDATE reconciliation_issues SET owner_id = gen_random_uuid() WHERE business_id = $1 RETURNING id""",
    ),
    fault(
        "an issue is nobody's any more",
        "IS1",
        """UPDATE reconciliation_issues SET owner_id = NULL
            WHERE business_id = $1 AND owner_id IS NOT NULL RETURNING id""",
    ),
)
