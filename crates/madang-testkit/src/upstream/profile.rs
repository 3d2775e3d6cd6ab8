//! What models accept, by generation, as documented in November 2026.

/// What a model accepts and does, as far as the stand-in cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Profile {
    /// Thinking blocks are bound to this name.
    pub(crate) binding: &'static str,
    /// Accepted values of `thinking.type`.
    pub(crate) thinking: &'static [&'static str],
    /// It thinks even when the request does not ask for it.
    pub(crate) thinks: bool,
    /// Thinking text is left out unless the request asks to see it.
    pub(crate) hides_thinking: bool,
    /// `tool_choice` may force a tool.
    pub(crate) forces_tools: bool,
    /// The last message may be the assistant's.
    pub(crate) prefills: bool,
    /// A system message may stand in the middle of a conversation.
    pub(crate) middle_system: bool,
    /// `output_config.effort` may be `xhigh` and `max`.
    pub(crate) high_efforts: bool,
    /// Shortest cacheable prefix in tokens.
    pub(crate) cache_min_tokens: usize,
    /// Largest `max_tokens`.
    pub(crate) output_tokens_max: usize,
}

/// Opus 5.5, Fable and Mythos: always thinking, no forced tools.
pub(crate) const NEWEST: Profile = Profile {
    binding: "",
    thinking: &["adaptive"],
    thinks: true,
    hides_thinking: true,
    forces_tools: false,
    prefills: false,
    middle_system: true,
    high_efforts: true,
    cache_min_tokens: 512,
    output_tokens_max: 128_000,
};
/// Sonnet 5.5: thinking can be left to the gaps between tools.
pub(crate) const BETWEEN_TOOLS: Profile =
    Profile { thinking: &["adaptive", "between_tools"], cache_min_tokens: 1_024, ..NEWEST };
/// Haiku 5.5: thinks only when asked.
pub(crate) const HAIKU_55: Profile = Profile {
    thinking: &["adaptive", "disabled", "between_tools"],
    thinks: false,
    forces_tools: true,
    cache_min_tokens: 1_024,
    ..NEWEST
};
/// Opus 5.
pub(crate) const FIVE: Profile =
    Profile { thinking: &["adaptive", "disabled"], thinks: false, forces_tools: true, ..NEWEST };
/// Sonnet 5: no system message in the middle.
pub(crate) const FIVE_SONNET: Profile = Profile { middle_system: false, cache_min_tokens: 1_024, ..FIVE };
/// Opus 4.7 and 4.8.
pub(crate) const FOUR_SEVEN: Profile = Profile { cache_min_tokens: 1_024, ..FIVE };
/// The 4.6 models: thinking budgets still work, and thinking is shown.
pub(crate) const FOUR_SIX: Profile = Profile {
    thinking: &["adaptive", "enabled", "disabled"],
    hides_thinking: false,
    cache_min_tokens: 4_096,
    ..FOUR_SEVEN
};
/// The 4.5 models: prefill still works; also what unknown names get.
pub(crate) const FOUR_FIVE: Profile = Profile {
    thinking: &["enabled", "disabled"],
    prefills: true,
    high_efforts: false,
    output_tokens_max: 64_000,
    ..FOUR_SIX
};
/// A `sim-` model without the knob `as`: nearly everything is accepted.
pub(crate) const SIMULATED: Profile = Profile {
    binding: "sim",
    thinking: &["adaptive", "enabled", "disabled", "between_tools"],
    thinks: false,
    hides_thinking: false,
    forces_tools: true,
    cache_min_tokens: 512,
    ..NEWEST
};
