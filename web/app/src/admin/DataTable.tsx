/** A table that keeps its place on a narrow screen: it scrolls, the page does not. */
import type { ReactNode } from "react";

export interface Column<T> {
  title: string;
  cell: (row: T) => ReactNode;
  /** Figures stand at the end, under each other. */
  figure?: boolean;
  /** What may be long breaks into lines. */
  long?: boolean;
}

interface DataTableProps<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf: (row: T) => string;
  /** What is said where there are none. */
  empty: string;
}

export function DataTable<T>({ label, rows, columns, keyOf, empty }: DataTableProps<T>) {
  if (rows.length === 0) return <p className="note">{empty}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <div className="data" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ title, figure }) => (
              <th key={title} scope="col" className={figure ? "figure" : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, cell, figure, long }) => (
                <td key={title} className={figure ? "figure" : long ? "long" : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
