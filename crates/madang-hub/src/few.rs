//! A map of few entries, in order and in one piece: a session's people, of whom there are mostly a handful.
//!
//! A table or a tree has room for eight or eleven entries at least, and of sessions there are thousands.

/// Makes room for one more, and for little beyond that: lists of few have no spare room, long ones are seldom moved.
pub(crate) fn make_room<T>(list: &mut Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact(1 + list.len() / 8);
    }
}

/// Entries in the order of their keys. Taking one in or out moves those behind it.
#[derive(Debug)]
pub(crate) struct Few<K, V>(Vec<(K, V)>);

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Few(Vec::new())
    }
}

impl<K: Ord + Copy, V> Few<K, V> {
    fn find(&self, key: K) -> Result<usize, usize> {
        self.0.binary_search_by_key(&key, |(known, _)| *known)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    /// One.
    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    /// One, to be changed.
    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.find(key).ok().map(|at| &mut self.0[at].1)
    }

    /// One, which is made if it is not there.
    pub(crate) fn get_or_make(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let at = self.find(key).unwrap_or_else(|at| {
            make_room(&mut self.0);
            self.0.insert(at, (key, make()));
            at
        });
        &mut self.0[at].1
    }

    /// Puts one in; the one before it is given back.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let mut value = Some(value);
        let known = self.get_or_make(key, || value.take().expect("it is made once"));
        value.map(|value| std::mem::replace(known, value))
    }

    /// Takes one out.
    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        self.find(key).ok().map(|at| self.0.remove(at).1)
    }

    /// Keeps those that are to stay.
    pub(crate) fn retain(&mut self, mut stays: impl FnMut(K, &mut V) -> bool) {
        self.0.retain_mut(|(key, value)| stays(*key, value));
    }
}

impl<K: Ord + Copy, V> FromIterator<(K, V)> for Few<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(all: I) -> Self {
        let mut few = Few::default();
        for (key, value) in all {
            few.insert(key, value);
        }
        few
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_entry_a_key_in_order_without_spare_room() {
        let mut few: Few<u8, &str> = [(3, "c"), (1, "a"), (2, "b")].into_iter().collect();
        assert_eq!((few.insert(2, "B"), few.insert(4, "d")), (Some("b"), None));
        assert_eq!(few.0.capacity(), 4);
        assert_eq!((few.get(2), few.get(5), few.len()), (Some(&"B"), None, 4));
        *few.get_or_make(5, || "e") = "E";
        assert_eq!((few.remove(1), few.remove(1)), (Some("a"), None));
        few.retain(|key, _| key != 3);
        assert_eq!(few.iter().collect::<Vec<_>>(), [(2, &"B"), (4, &"d"), (5, &"E")]);
    }
}
