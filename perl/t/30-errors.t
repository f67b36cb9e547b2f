use strict;
use warnings;

use AliEn::PoD;
use AliEn::PoD::Error;
use Errno ();
use lib 't/lib';
use PoDTest qw(error_of receiver repository);
use Test::More;

subtest 'an error is an object, a text, a number, and true' => sub {
    my $error = error_of(sub { AliEn::PoD::Error->throw(0, '') });
    isa_ok($error, 'AliEn::PoD::Error');
    ok($error, 'true, whatever it says');
    is("$error", '', 'text');
    $error = error_of(sub { AliEn::PoD::Publisher->new(period => 0) });
    cmp_ok($error, '==', 64, 'number');
    is("$error", $error->message, 'text');
    like("$error", qr/period/, 'that names what was wrong');
};

subtest 'messages show what was given on one plain line' => sub {
    my $error = error_of(sub { AliEn::PoD::Publisher->new(protocol => "caf\xe9") });
    like($error->message, qr/caf\\u\{00E9\}/, 'Latin-1 is taken as text');
    $error = error_of(sub { AliEn::PoD::Publisher->new(protocol => "\x{4f60}\n") });
    like($error->message, qr/\\u\{4F60\}\\n/, 'and so is other text');
};

subtest 'calls that succeed leave $@, $! and $? alone' => sub {
    my $receiver = receiver();
    my $repository = repository();
    my $publisher = AliEn::PoD::Publisher->new(
        master_job_id => 1, address => 'a.example:1', destinations => [$receiver->address]);
    my $watcher = AliEn::PoD::Watcher->new(repository => $repository->url);
    my %calls = (
        'publish' => sub { $publisher->publish },
        'check'   => sub { $watcher->check },
        'new'     => sub { AliEn::PoD::Watcher->new },
    );
    foreach my $name (sort keys %calls) {
        local $@ = 'before';
        local $? = 42;
        $calls{$name}->();
        is($@, 'before', "\$\@ after $name");
        is($?, 42, "\$? after $name");
    }
};

subtest 'an object that goes leaves $@, $! and $? alone' => sub {
    my $error = error_of(
        sub {
            my $watcher = AliEn::PoD::Watcher->new;
            my $publisher = AliEn::PoD::Publisher->new;
            die "mine\n";
        });
    is($error, "mine\n", '$@ through an unwinding');
    my $publisher = AliEn::PoD::Publisher->new;
    local $? = 42;
    local $! = Errno::ENOENT();
    undef $publisher;
    is($?, 42, '$?');
    is($! + 0, Errno::ENOENT(), '$!');
};

subtest 'an exception in the log hook comes out, and the object works on' => sub {
    my $repository = repository();
    $repository->answer('<html>', type => 'text/html');
    my $watcher = AliEn::PoD::Watcher->new(
        repository => [$repository->url, $repository->url], log => sub { die "hook: $_[0]\n" });
    like(error_of(sub { $watcher->check }), qr/^hook: /, 'it came out');
    $repository->answer(PoDTest::json_rows());
    is($watcher->check, undef, 'it works on');
};

subtest 'a hook may call the object' => sub {
    my $repository = repository();
    $repository->answer(PoDTest::json_rows(['12abc', 'Address', 'a.example:1']));
    my ($watcher, @inner);
    $watcher = AliEn::PoD::Watcher->new(
        repository => $repository->url,
        log        => sub { push @inner, $_[0]; push @inner, $watcher->_next_report if @inner == 1 });
    is($watcher->check, undef, 'no master');
    like($inner[0], qr/12abc/, 'the row was reported');
    undef $watcher;
};

done_testing;
