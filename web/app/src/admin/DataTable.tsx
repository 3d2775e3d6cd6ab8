/**
 * A table; where it is narrow, an entry under the other with the names of its columns, still a table for those who hear
 * it. What is wider than the page scrolls in its own frame.
 */
import type { ReactNode } from "react";
import { useScrolls } from "./useScrolls.js";

export interface Column<T> {
  title: string;
  cell: (row: T) => ReactNode;
  /** Figures stand at the end, under each other. */
  figure?: boolean;
  /** What may be long breaks into lines. */
  long?: boolean;
  /** What an entry is called, and what can be done with it: without the column's name where it is narrow. */
  narrow?: "head" | "menu";
}

interface DataTableProps<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf: (row: T) => string;
  /** What is said where there are none. */
  empty: string;
}

/** The roles said again: some browsers forget a table's own where its rows are drawn as blocks. */
const TABLE = { role: "table" };
const GROUP = { role: "rowgroup" };
const ROW = { role: "row" };
const HEADER = { role: "columnheader", scope: "col" };
const CELL = { role: "cell" };

const classOf = ({ figure, long, narrow }: Column<never>, content?: ReactNode) =>
  [figure && "figure", long && "long", narrow && `narrow-${narrow}`, content === "" && "nothing"]
    .filter(Boolean)
    .join(" ") || undefined;

export function DataTable<T>({ label, rows, columns, keyOf, empty }: DataTableProps<T>) {
  const [frame, scrolls] = useScrolls();
  if (rows.length === 0) return <p className="note">{empty}</p>;
  return (
    <div
      ref={frame}
      className="data"
      // What scrolls must be reachable by keyboard; what doesn't is no place to stop at.
      {...(scrolls ? { role: "region", "aria-label": label, tabIndex: 0 } : {})}
    >
      <table {...TABLE} aria-label={label}>
        <thead {...GROUP}>
          <tr {...ROW}>
            {columns.map((column) => (
              <th key={column.title} {...HEADER} className={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody {...GROUP}>
          {rows.map((row) => (
            <tr key={keyOf(row)} {...ROW}>
              {columns.map((column) => {
                const content = column.cell(row);
                return (
                  <td
                    key={column.title}
                    {...CELL}
                    className={classOf(column, content)}
                    data-title={column.title}
                  >
                    {content}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
