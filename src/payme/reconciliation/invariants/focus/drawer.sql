-- Some drawers with what they counted and their reports.
drawers AS (SELECT * FROM drawers WHERE business_id = $1 AND id = ANY($3)),
drawer_totals AS (SELECT * FROM drawer_totals WHERE business_id = $1 AND drawer_id = ANY($3)),
drawer_movements AS (SELECT * FROM drawer_movements WHERE business_id = $1 AND drawer_id = ANY($3)),
z_reports AS (SELECT * FROM z_reports WHERE business_id = $1 AND drawer_id = ANY($3)),
z_report_lines AS (
    SELECT * FROM z_report_lines WHERE business_id = $1 AND report_id = ANY(ARRAY(SELECT id FROM z_reports)))
