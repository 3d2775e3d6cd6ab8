/** The box before an item of a task list: a picture with a name, not something to press. */
import { useWords } from "../i18n/index.js";
import { Icon } from "../ui/Icon.js";

export function TaskMark({ done }: { done: boolean }) {
  const t = useWords();
  return (
    <span
      className={done ? "md-box md-box-done" : "md-box"}
      role="img"
      aria-label={t(done ? "task.done" : "task.open")}
    >
      {done && <Icon name="check" />}
    </span>
  );
}
