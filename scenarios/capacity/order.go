package capacity

import "tristore/scenarios/dataset"

// Order is in which order a block tries its n cells: by chance from the seed in even
// blocks, and the same backwards in the block after, so that a machine that slowly
// warms up or fills treats all cells alike (ABBA).
func Order(seed uint64, block, n int) []int {
	chance := dataset.Draw(seed, dataset.Purpose(purpose), int64(block/2))
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := chance.Below(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	if block%2 == 1 {
		for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
			order[i], order[j] = order[j], order[i]
		}
	}
	return order
}

// purpose keeps these draws apart from every other use of the seed.
const purpose = 0x626c6f636b
