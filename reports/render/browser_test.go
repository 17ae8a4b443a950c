package render

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var picture = flag.Bool("picture", false, "keep the top of the report as testdata/report.png")

// TestReportInBrowser opens the report as a user does, by a double click on the file,
// in light, dark and at the width of a phone. The flag
// -picture keeps the top of the light page as testdata/report.png, for the README.
func TestReportInBrowser(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-headless-shell", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("no chromium here: apt-get install chromium")
	}
	run := saved(t, "every-status")
	dir := t.TempDir()
	if err := Save(dir, run); err != nil {
		t.Fatal(err)
	}
	page := "file://" + filepath.Join(dir, HTMLName)
	heard := &listener{page: page}
	ctx, cancel := chromedp.NewContext(t.Context(), chromedp.WithListener(heard.hear),
		chromedp.WithAllocatorOptions(chromedp.ExecPath(browser), chromedp.NoSandbox))
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(page)); err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		name          string
		width, height int64
		scheme        string
	}{{"light", 1200, 1000, "light"}, {"dark", 1200, 1000, "dark"}, {"phone", 390, 844, "light"}} {
		t.Run(v.name, func(t *testing.T) {
			looks := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v.scheme}}}
			within, stop := context.WithTimeout(ctx, time.Minute)
			defer stop()
			if _, err := chromedp.Call(within, emulation.SetEmulatedMedia, looks); err != nil {
				t.Fatal(err)
			}
			if err := chromedp.Do(within, chromedp.EmulateViewport(v.width, v.height)); err != nil {
				t.Fatal(err)
			}
			see(within, t)
			shoot(within, t, filepath.Join(dir, v.name+".png"))
			if v.name == "light" && *picture {
				shoot(within, t, "testdata/report.png")
			}
		})
	}
	for _, said := range heard.all() {
		t.Error(said)
	}
}

// see asserts what a reader must find without doing anything, and that nothing hangs
// over the edge.
func see(ctx context.Context, t *testing.T) {
	t.Helper()
	for selector, want := range map[string]string{
		".badge":                        "FAIL",
		"h1":                            "PostgreSQL 12 broke PLAN-1, PostgreSQL 14 broke SHARE-1",
		"#matrix td.fail a":             "FAIL",
		"#SHARE-1--postgres-14 .reason": "An acknowledged share is not in the map",
		"#limits li":                    "MongoDB itself",
	} {
		if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS(selector))); err != nil {
			t.Fatalf("%s is not visible: %v", selector, err)
		}
		text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(selector)))
		if err != nil || !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("%s reads %q (%v), wanted %q", selector, text, err, want)
		}
	}
	over, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - innerWidth`))
	if err != nil || over > 0 {
		t.Errorf("the page is %d pixels wider than the window (%v)", over, err)
	}
	opened, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => {
		document.querySelector('#passed details').open = false
		document.querySelector('#matrix td.pass a').click()
		return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
			done(document.querySelector('#passed details').open && document.querySelector(':target').checkVisibility()))))
	})()`, chromedp.EvalAwaitPromise))
	if err != nil || !opened {
		t.Errorf("a passed cell does not lead to its evidence (%v)", err)
	}
}

func shoot(ctx context.Context, t *testing.T, path string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`scrollTo(0, 0), true`)); err != nil {
		t.Fatal(err)
	}
	image, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil || len(image) == 0 {
		t.Fatalf("no picture: %v", err)
	}
	if err := os.WriteFile(path, image, 0o644); err != nil {
		t.Fatal(err)
	}
}

// listener collects what a quiet page never does: asking for anything but itself,
// and complaining.
type listener struct {
	page string
	lock sync.Mutex
	said []string
}

func (l *listener) hear(event any) {
	said := ""
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if url, _, _ := strings.Cut(e.Request.URL, "#"); url != l.page && url != "about:blank" {
			said = "the page asked for " + e.Request.URL
		}
	case *runtime.EventExceptionThrown:
		said = "the page threw: " + e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		said = fmt.Sprintf("the page wrote to the console: %s", e.Type)
	case *log.EventEntryAdded:
		said = fmt.Sprintf("the browser complained: %s: %s", e.Entry.Level, e.Entry.Text)
	}
	if said != "" {
		l.lock.Lock()
		defer l.lock.Unlock()
		l.said = append(l.said, said)
	}
}

func (l *listener) all() []string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.said
}
