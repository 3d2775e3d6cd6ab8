//! The simulated model's texts in both languages.

/// A text in both languages.
pub(crate) struct Both {
    pub(crate) en: &'static str,
    pub(crate) ko: &'static str,
}

impl Both {
    /// The text in Korean or in English.
    pub(crate) fn get(&self, korean: bool) -> &'static str {
        if korean { self.ko } else { self.en }
    }
}

pub(crate) const GREETING: Both = Both {
    en: "**This is a simulated reply.** No key for Claude is set on this server, so a built-in script answers. \
         Nothing was sent anywhere.\n\nYou wrote:\n\n",
    ko: "**이것은 모의 응답입니다.** 이 서버에 Claude 키가 설정되어 있지 않아 내장된 각본이 대신 답합니다. \
         어디로도 전송된 것은 없습니다.\n\n이렇게 쓰셨습니다:\n\n",
};

pub(crate) const HINT: Both = Both {
    en: "Ask for a `table`, `code`, `math`, a `mermaid` diagram, something `long 500`, or ask me to `think`, to use a \
         `tool`, to be `slow` or `busy`, to `refuse`, or to run into an `error`: then you see how each of them looks.\n",
    ko: "`표`, `코드`, `수식`, `다이어그램`, `500단어로 길게`, `생각`, `도구`, `천천히`, `혼잡`, `거절`, `오류` 가운데 \
         하나를 말해 보세요. 각각이 어떻게 보이는지 볼 수 있습니다.\n",
};

pub(crate) const TABLE: Both = Both {
    en: "## A table\n\n| Place | What happens there | People |\n|:--|:--|--:|\n| Yard | everyone meets | 12 |\n\
         | Kitchen | soup is made | 3 |\n| Gate | guests arrive | 7 |\n\n",
    ko: "## 표\n\n| 곳 | 하는 일 | 사람 |\n|:--|:--|--:|\n| 마당 | 모두 모인다 | 12 |\n| 부엌 | 국을 끓인다 | 3 |\n\
         | 대문 | 손님이 온다 | 7 |\n\n",
};

pub(crate) const CODE: Both = Both {
    en: "## Code\n\n```rust\n/// Greets everyone who came.\nfn greet(names: &[&str]) -> String {\n    \
         names.iter().map(|name| format!(\"Hello, {name}!\\n\")).collect()\n}\n```\n\nAnd in a line: `cargo test`.\n\n",
    ko: "## 코드\n\n```rust\n/// 온 사람 모두에게 인사한다.\nfn greet(names: &[&str]) -> String {\n    \
         names.iter().map(|name| format!(\"안녕하세요, {name}님!\\n\")).collect()\n}\n```\n\n한 줄로는 `cargo test` 입니다.\n\n",
};

pub(crate) const MATH: Both = Both {
    en: "## Maths\n\nThe sum of the first $n$ numbers is $\\frac{n(n+1)}{2}$, and\n\n$$\n\\int_0^1 x^2 \\, dx = \
         \\frac{1}{3}\n$$\n\n",
    ko: "## 수식\n\n처음 $n$개 수의 합은 $\\frac{n(n+1)}{2}$이고,\n\n$$\n\\int_0^1 x^2 \\, dx = \\frac{1}{3}\n$$\n\n입니다.\n\n",
};

pub(crate) const DIAGRAM: Both = Both {
    en: "## A diagram\n\n```mermaid\nflowchart LR\n  You --> Server\n  Server --> Script[Built-in script]\n  \
         Script --> Everyone\n```\n\n",
    ko: "## 다이어그램\n\n```mermaid\nflowchart LR\n  나 --> 서버\n  서버 --> 각본[내장된 각본]\n  각본 --> 모두\n```\n\n",
};

pub(crate) const LONG_TITLE: Both = Both { en: "## Something long\n\n", ko: "## 긴 글\n\n" };

pub(crate) const THOUGHT: Both = Both {
    en: "Simulated thinking: someone wants to see how thinking looks. First I read the question again. Then I look for \
         the shortest answer that is still honest. It should say that it is simulated, so it will.",
    ko: "모의 생각: 생각하는 모습을 보고 싶어 하는 것 같다. 먼저 질문을 다시 읽는다. 그다음 솔직하면서도 가장 짧은 \
         답을 찾는다. 모의 응답이라는 점을 밝혀야 하니 그렇게 한다.",
};

pub(crate) const TOOL_CALL: Both =
    Both { en: "I am calling a tool (simulated).\n", ko: "도구를 부릅니다(모의).\n" };

pub(crate) const TOOL_ANSWER: Both = Both {
    en: "**This is a simulated reply.** The tool answered:\n\n",
    ko: "**이것은 모의 응답입니다.** 도구가 이렇게 답했습니다:\n\n",
};

pub(crate) const FAILURE: Both = Both {
    en: "This failure is simulated, because the message asked for an error.",
    ko: "메시지가 오류를 요청했기 때문에 일어난 모의 오류입니다.",
};

pub(crate) const REFUSAL: Both = Both {
    en: "This refusal is simulated, because the message asked for one.",
    ko: "메시지가 거절을 요청했기 때문에 일어난 모의 거절입니다.",
};

/// Words that long texts are made of.
pub(crate) const ENGLISH: [&str; 40] = [
    "morning", "yard", "people", "gather", "slowly", "the", "lantern", "and", "a", "door", "opens", "toward",
    "river", "stone", "under", "quiet", "sky", "friends", "bring", "warm", "bread", "stories", "travel",
    "from", "one", "table", "to", "another", "while", "rain", "waits", "beyond", "hills", "every", "voice",
    "finds", "its", "place", "in", "time",
];

/// As [`ENGLISH`].
pub(crate) const KOREAN: [&str; 40] = [
    "아침",
    "마당에",
    "사람들이",
    "모이고",
    "천천히",
    "등불이",
    "켜지면",
    "문이",
    "열린다",
    "강을",
    "따라",
    "돌담",
    "아래",
    "고요한",
    "하늘",
    "친구들은",
    "따뜻한",
    "떡을",
    "나누며",
    "이야기를",
    "전한다",
    "한",
    "상에서",
    "다른",
    "상으로",
    "비가",
    "그치고",
    "언덕",
    "너머",
    "저마다의",
    "목소리가",
    "제자리를",
    "찾는다",
    "오래된",
    "나무가",
    "그늘을",
    "드리우고",
    "바람이",
    "지나간다",
    "저녁",
];
