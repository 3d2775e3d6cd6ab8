//! A long list of lengths, each with a number, that is edited in the middle.
//!
//! Kept in blocks, so that an edit moves little and looks at one sum for each block: about a microsecond at 100,000 runs.

/// Runs in one block; a fuller one is split.
const BLOCK_RUNS_MAX: usize = 128;

/// A length, and in whose hand it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) units: u32,
    pub(super) hand: u32,
}

#[derive(Debug, Clone, Default)]
struct Block {
    units: u32,
    runs: Vec<Run>,
}

/// Runs in order; none is empty, and no block is.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs {
    blocks: Vec<Block>,
    count: usize,
}

impl Runs {
    pub(super) fn of(runs: Vec<Run>) -> Runs {
        let runs: Vec<Run> = joined(runs.into_iter().filter(|run| run.units > 0)).collect();
        let blocks = runs.chunks(BLOCK_RUNS_MAX / 2).map(|runs| Block::of(runs.to_vec())).collect();
        Runs { blocks, count: runs.len() }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// In order, neighbours of one hand joined.
    pub(super) fn joined(&self) -> impl Iterator<Item = Run> {
        joined(self.blocks.iter().flat_map(|block| block.runs.iter().copied()))
    }

    /// Takes units out.
    pub(super) fn remove(&mut self, at: u32, units: u32) {
        let (mut left, (mut block, mut within)) = (units, self.block_of(at));
        while left > 0 && block < self.blocks.len() {
            let here = left.min(self.blocks[block].units - within);
            let before = self.blocks[block].runs.len();
            self.blocks[block].remove(within, here);
            self.count = self.count + self.blocks[block].runs.len() - before;
            left -= here;
            if self.blocks[block].units == 0 {
                self.blocks.remove(block);
            } else {
                block += 1;
            }
            within = 0;
        }
    }

    /// Puts a run in.
    pub(super) fn insert(&mut self, at: u32, run: Run) {
        if run.units == 0 {
            return;
        }
        if self.blocks.is_empty() {
            self.blocks.push(Block::default());
        }
        let (block, within) = self.block_of(at);
        let before = self.blocks[block].runs.len();
        self.blocks[block].insert(within, run);
        self.count += self.blocks[block].runs.len() - before;
        if self.blocks[block].runs.len() > BLOCK_RUNS_MAX {
            let tail = self.blocks[block].split();
            self.blocks.insert(block + 1, tail);
        }
    }

    /// Halves their number: of each two, the shorter goes to the hand of the longer.
    pub(super) fn coarsen(&mut self) {
        let all: Vec<Run> = self.joined().collect();
        let pairs = all.chunks(2).map(|pair| Run {
            units: pair.iter().map(|run| run.units).sum(),
            hand: pair.iter().max_by_key(|run| run.units).map_or(0, |run| run.hand),
        });
        *self = Runs::of(pairs.collect());
    }

    /// Gives every hand another number.
    pub(super) fn renumber(&mut self, mut number: impl FnMut(u32) -> u32) {
        for run in self.blocks.iter_mut().flat_map(|block| &mut block.runs) {
            run.hand = number(run.hand);
        }
    }

    /// The block that a position is in, and where in it; between two blocks, the one before.
    fn block_of(&self, at: u32) -> (usize, u32) {
        let mut within = at;
        for (number, block) in self.blocks.iter().enumerate() {
            if within <= block.units {
                return (number, within);
            }
            within -= block.units;
        }
        (self.blocks.len(), 0)
    }
}

impl Block {
    fn of(runs: Vec<Run>) -> Block {
        Block { units: runs.iter().map(|run| run.units).sum(), runs }
    }

    /// Makes a border at a position, and says which run begins there.
    fn cut(&mut self, at: u32) -> usize {
        let mut within = at;
        for number in 0..self.runs.len() {
            if within == 0 {
                return number;
            }
            let run = self.runs[number];
            if within < run.units {
                self.runs[number].units = within;
                self.runs.insert(number + 1, Run { units: run.units - within, ..run });
                return number + 1;
            }
            within -= run.units;
        }
        self.runs.len()
    }

    fn remove(&mut self, at: u32, units: u32) {
        let (first, end) = (self.cut(at), self.cut(at + units));
        self.runs.drain(first..end);
        self.units -= units;
        self.join(first);
    }

    fn insert(&mut self, at: u32, run: Run) {
        let place = self.cut(at);
        self.runs.insert(place, run);
        self.units += run.units;
        self.join(place + 1);
        self.join(place);
    }

    /// Makes one of a run and the one before where they are of one hand.
    fn join(&mut self, number: usize) {
        if number == 0 || number >= self.runs.len() || self.runs[number - 1].hand != self.runs[number].hand {
            return;
        }
        self.runs[number - 1].units += self.runs[number].units;
        self.runs.remove(number);
    }

    fn split(&mut self) -> Block {
        let tail = Block::of(self.runs.split_off(self.runs.len() / 2));
        self.units -= tail.units;
        tail
    }
}

fn joined(runs: impl Iterator<Item = Run>) -> impl Iterator<Item = Run> {
    let mut runs = runs.peekable();
    std::iter::from_fn(move || {
        let mut run = runs.next()?;
        while let Some(next) = runs.next_if(|next| next.hand == run.hand) {
            run.units += next.units;
        }
        Some(run)
    })
}
