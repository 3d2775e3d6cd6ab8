/** Line icons on a 20 px grid, drawn in the colour of the text around them. */

const PATHS = {
  plus: "M10 4v12M4 10h12",
  search: "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12M13.5 13.5 17 17",
  rail: "M3.5 4.5h13v11h-13zM8 4.5v11",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  edit: "M4 16h3L16 7l-3-3-9 9zM11 6l3 3",
  trash: "M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6",
  close: "M5 5l10 10M15 5 5 15",
  copy: "M7.5 7.5h8.5v8.5H7.5zM12.5 7.5V4H4v8.500h3.5",
  check: "M4 10.500l4 4 8-9",
  again: "M15.5 10a5.500 5.500 0 1 1-1.800-4.100M15.800 3.500v3h-3",
  fork: "M6 3.500v13M6 12c0-3.500 8-2 8-5.500V5.500M6 5.500a1.500 1.500 0 1 0 0-.01M14 5.500a1.500 1.500 0 1 0 0-.01",
  send: "M10 16V4.500M5 9.500l5-5 5 5",
  stop: "M6 6h8v8H6z",
  down: "M10 4v11.500M5 10.500l5 5 5-5",
  left: "M12 5l-5 5 5 5",
  right: "M8 5l5 5-5 5",
  chevron: "M6 8l4 4 4-4",
  chat: "M4 4.500h12v9H9l-3.500 3v-3H4z",
  list: "M7.500 5.500H16M7.500 10H16M7.500 14.500H16M4 5.500h.01M4 10h.01M4 14.500h.01",
  settings: "M4 6h7M15 6h1M4 14h1M9 14h7M13 4v4M7 12v4",
  tool: "M12.500 3.500a4 4 0 0 0-3.800 5.300L4 13.500V16h2.500l4.700-4.700a4 4 0 0 0 5.100-5.100l-2.300 2.300-2.300-.7-.7-2.300z",
  people:
    "M7.500 9a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5M3 16c0-3 2-5 4.500-5s4.500 2 4.500 5M13 4.300a2.500 2.500 0 0 1 0 4.500M14 11.300c1.800.6 3 2.400 3 4.700",
  image: "M3.500 4.500h13v11h-13zM4 14l4-4 3 3 2-2 3.500 3.500M12.500 8h.01",
  wrap: "M4 5h12M4 10h9a3 3 0 0 1 0 6h-2.500M12 14l-2 2 2 2M4 15h3",
  command:
    "M7.500 7.500h5v5h-5zM7.500 7.500H6A1.800 1.800 0 1 1 7.500 6zM12.500 7.500V6A1.800 1.800 0 1 1 14 7.500zM12.500 12.500H14a1.800 1.800 0 1 1-1.500 1.500zM7.500 12.500V14A1.800 1.800 0 1 1 6 12.500z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** Claude's mark: eight rays, drawn, not a picture. */
export function ClaudeMark() {
  return (
    <svg
      className="claude-mark"
      viewBox="0 0 20 20"
      width="20"
      height="20"
      aria-hidden="true"
      focusable="false"
    >
      <path d="M10 2.500v5M10 12.500v5M2.500 10h5M12.500 10h5M4.700 4.700l3.500 3.500M11.800 11.800l3.500 3.500M15.300 4.700l-3.500 3.500M8.200 11.800l-3.500 3.500" />
    </svg>
  );
}
