//! The desktop's clipboard (X11, Wayland, macOS), on a thread of its own.
//!
//! A thread, because the calls may block on a desktop that does not answer; kept alive, because on
//! X11 the text lives only as long as its owner does.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long the desktop may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long handing the text to a clipboard manager may take at the end; the library waits 100 ms.
const LAST_WORDS: Duration = Duration::from_millis(200);

type Answer = Result<(), String>;

/// A handle on the thread; it begins with the first text.
#[derive(Debug, Default)]
pub(super) struct SystemClipboard {
    /// Texts for the thread; `None`: it has not begun, or was given up.
    texts: Option<mpsc::SyncSender<(String, oneshot::Sender<Answer>)>>,
    /// The thread once did not answer in time. It may do so for ever: it is not asked again.
    given_up: bool,
    /// Disconnected once the thread has ended.
    ended: Option<mpsc::Receiver<()>>,
}

/// The thread ends with its handle, and may hand the text to the desktop's clipboard manager first.
impl Drop for SystemClipboard {
    fn drop(&mut self) {
        self.texts = None;
        if let Some(ended) = self.ended.take().filter(|_| !self.given_up) {
            let _ = ended.recv_timeout(LAST_WORDS);
        }
    }
}

impl SystemClipboard {
    /// Puts the text there; the error says why not.
    pub(super) async fn set(&mut self, text: String) -> Answer {
        if self.given_up {
            return Err("it did not answer before".to_owned());
        }
        let (sender, answer) = oneshot::channel();
        let texts = self.thread()?;
        // One text at a time is set, so there is always room.
        texts.try_send((text, sender)).map_err(|error| error.to_string())?;
        match timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => {
                self.texts = None;
                Err("it broke down".to_owned())
            }
            Err(_) => {
                self.given_up = true;
                Err("it does not answer".to_owned())
            }
        }
    }

    fn thread(&mut self) -> Result<&mpsc::SyncSender<(String, oneshot::Sender<Answer>)>, String> {
        match &mut self.texts {
            Some(texts) => Ok(texts),
            none => {
                let (sender, receiver) = mpsc::sync_channel(1);
                let (alive, ended) = mpsc::channel();
                let serve = move || {
                    let _alive: mpsc::Sender<()> = alive;
                    serve(&receiver);
                };
                let builder = thread::Builder::new().name("clipboard".to_owned());
                builder.spawn(serve).map_err(|error| error.to_string())?;
                self.ended = Some(ended);
                Ok(none.insert(sender))
            }
        }
    }
}

/// Sets text after text until nobody can send one any more.
fn serve(texts: &mpsc::Receiver<(String, oneshot::Sender<Answer>)>) {
    let mut clipboard = None;
    for (text, answer) in texts {
        let told = set(&mut clipboard, text);
        if told.is_err() {
            // A desktop that ended and began anew is a new connection.
            clipboard = None;
        }
        // Whoever asked may have stopped waiting.
        let _ = answer.send(told);
    }
}

fn set(clipboard: &mut Option<arboard::Clipboard>, text: String) -> Answer {
    let clipboard = match clipboard {
        Some(clipboard) => clipboard,
        none => none.insert(arboard::Clipboard::new().map_err(|error| error.to_string())?),
    };
    clipboard.set_text(text).map_err(|error| error.to_string())
}
