//go:build !race

package platformtest

const raced = false
