/** What a reply used and cost: the sum in words, the rest one press away. */
import type { Author, Message, Reply } from "@madang/protocol";
import { count, duration, money } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { Menu } from "../ui/Menu.js";

interface ReplyCostProps {
  message: Message;
  reply: Reply;
  askedBy: Author | undefined;
}

export function ReplyCost({ message, reply, askedBy }: ReplyCostProps) {
  const t = useWords();
  const language = useLanguage();
  const { usage, cost } = reply;
  if (!usage) return null;
  const read = usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens;
  const tokens = t("reply.usage", { tokens: count(read + usage.output_tokens, language) });
  const price = cost && !reply.simulated ? money(cost.micro_usd, language) : undefined;
  const took = reply.ended_at === undefined ? undefined : duration(reply.ended_at - message.created_at, t);
  const figure = (n: number) => (n > 0 ? count(n, language) : undefined);
  const written = count(usage.output_tokens, language);
  const lines: [string, string | undefined][] = [
    [t("reply.details.by"), askedBy?.display_name],
    [t("reply.details.model"), reply.model],
    [t("reply.details.in"), count(usage.input_tokens, language)],
    [t("reply.details.cached"), figure(usage.cache_read_input_tokens)],
    [t("reply.details.stored"), figure(usage.cache_creation_input_tokens)],
    [t("reply.details.out"), usage.estimated ? `${written} (${t("reply.details.estimated")})` : written],
    [t("reply.details.cost"), reply.simulated ? t("reply.details.free") : price],
    [t("reply.details.time"), took],
  ];
  return (
    <Menu
      label={t("reply.details")}
      className="cost"
      worded
      align="start"
      face={price ? `${tokens} · ${price}` : tokens}
    >
      {() => (
        <dl className="cost-lines" tabIndex={0}>
          {lines.map(
            ([name, value]) =>
              value && (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ),
          )}
        </dl>
      )}
    </Menu>
  );
}
