-- Reports of drawers and days are numbered from 1 without gaps, and a day is the sum of its drawers.
-- focus: whole
SELECT book.business_id::text AS subject,
       format('%s reports up to number %s, and %s were given out', count(report.id), coalesce(max(report.number), 0),
              book.last_z_number) AS detail
  FROM drawer_books AS book
  LEFT JOIN z_reports AS report ON report.business_id = $1
 WHERE book.business_id = $1
 GROUP BY book.business_id, book.last_z_number
HAVING count(report.id) <> book.last_z_number OR coalesce(max(report.number), 0) <> book.last_z_number
 UNION ALL
SELECT day.id::text, format('%s: %s %s, where its drawers say %s', day.business_day, line.tender, line.expected,
                            coalesce(parts.expected, 0))
  FROM z_reports AS day
  JOIN z_report_lines AS line ON line.business_id = $1 AND line.report_id = day.id
  LEFT JOIN (SELECT report.business_day, part.tender, sum(part.expected) AS expected, sum(part.counted) AS counted
               FROM z_reports AS report
               JOIN z_report_lines AS part ON part.business_id = $1 AND part.report_id = report.id
              WHERE report.business_id = $1 AND report.drawer_id IS NOT NULL
              GROUP BY report.business_day, part.tender) AS parts
    ON parts.business_day = day.business_day AND parts.tender = line.tender
 WHERE day.business_id = $1 AND day.drawer_id IS NULL
   AND (line.expected, line.counted) IS DISTINCT FROM (parts.expected, parts.counted)
