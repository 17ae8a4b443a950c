package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tristore/drivers"
)

// Choose resolves Auto for one engine and says why: a container where a daemon answers
// and the image is there or can be pulled, else embedded. A reach asked for by name is
// kept, or is ErrUnreachable when it cannot run the engine; it is not tried here.
func Choose(ctx context.Context, engine drivers.Engine, reach drivers.Reach, images Images) (chosen drivers.Reach, why string, err error) {
	able := engine.Support().Reaches
	if reach == drivers.External {
		return drivers.External, "asked for", nil
	}
	if reach != drivers.Auto {
		if slices.Contains(able, reach) {
			return reach, "asked for", nil
		}
		return "", "", fmt.Errorf("%w: %s cannot be run %s; it can be by: %s", ErrUnreachable, engine.Title(), reach, reachWords(able))
	}
	short := "it is never run by container"
	refusal := fmt.Errorf("%w: %s", ErrUnreachable, short)
	if slices.Contains(able, drivers.Container) {
		var name string
		if refusal = daemonAnswers(ctx); refusal != nil {
			short = "no Docker-compatible daemon answers"
		} else if name, refusal = imageAvailable(ctx, engine, images); refusal != nil {
			short = refusal.Error()
		} else {
			return drivers.Container, "a container daemon answers and has image " + name, nil
		}
		if ctx.Err() != nil {
			return "", "", fmt.Errorf("choosing a reach for %s: %w", engine, ctx.Err())
		}
	}
	if slices.Contains(able, drivers.Embedded) {
		return drivers.Embedded, "no container: " + short, nil
	}
	return "", "", fmt.Errorf("%s runs in a container only: %w", engine.Title(), refusal)
}

func reachWords(all []drivers.Reach) string {
	var words []string
	for _, reach := range append(slices.Clone(all), drivers.External) {
		words = append(words, "--reach "+string(reach))
	}
	return strings.Join(words, ", ")
}
